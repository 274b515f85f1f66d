"""Mapping scripts and rules: what they make of each source's statements, how another version is tried and replayed."""

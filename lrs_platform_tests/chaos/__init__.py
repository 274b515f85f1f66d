"""Faults at random moments under load: what was acknowledged is stored, once."""

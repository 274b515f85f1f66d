"""Promises of lrs_platform.xapi."""

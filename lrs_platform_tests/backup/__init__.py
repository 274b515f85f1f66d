"""Backup and restore: what is taken under load comes back whole, and what is damaged is noticed."""

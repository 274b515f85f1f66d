"""Upgrades: a change of the schema is safe while the release before it still runs, and loses nothing."""

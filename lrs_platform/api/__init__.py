"""The operators' API as a router of the gateway: `orchestrator.py`, module b.04 of the plan."""

"""The APIs that the plan names, as routers of the gateway: `orchestrator.py` (b.04), `nlp.py` (b.05)."""

"""The mail MCP server: `send_email`, at most once for each idempotency key, over SMTP.

`server.py` the tools; `message.py` what may be sent to whom; `delivery.py` SMTP; `ledger.py` what became of each key;
`sending.py` the order of these; `lookup.py` asking whether an unanswered mail arrived; `bounces.py` what came back.
"""

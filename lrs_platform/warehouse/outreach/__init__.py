"""SQL of outreach: deciding who is reminded, what is to be sent next, what became of it, who wants no mail.

Belongs here: .sql files and reading them. Not here: in which order they run (mcp_servers/warehouse/outreach.py).
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("outreach")

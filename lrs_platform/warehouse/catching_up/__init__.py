"""SQL of the incremental catch-up: comparing log and record, mapping stored statements again, cursors of sources.

Belongs here: .sql files and reading them. Not here: when to run what (mcp_servers/warehouse/catching_up.py).
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("catching_up")

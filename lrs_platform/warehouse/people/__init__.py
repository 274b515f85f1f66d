"""SQL of people: what files say of them (`settle_*`), who is who (`merge`, `unmerge`), who is nobody's (`orphans`).

Belongs here: .sql files and reading them. Not here: in which order they run (mcp_servers/warehouse).
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("people")

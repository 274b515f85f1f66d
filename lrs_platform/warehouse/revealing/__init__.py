"""SQL that puts names and texts to what readers see under pseudonyms, for those who may see them.

Belongs here: .sql files and reading them. Not here: who may (the gateway knows the login).
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("revealing")

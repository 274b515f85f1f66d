"""SQL of learners' rights: what is about somebody, removing it, looking for it, a copy of it, and retention.

Belongs here: .sql files and reading them. Not here: in which order they run (mcp_servers/warehouse/erasing.py and
rights.py). Names of tables and columns are put in from the catalogue, as identifiers; values are bound.
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("rights")

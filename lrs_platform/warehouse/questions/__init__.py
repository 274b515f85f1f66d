"""SQL about questions in plain words: a row of each, and the wordings that people taught.

Belongs here: .sql files and reading them. Not here: the queries that questions become (lrs_platform/questions).
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("questions")

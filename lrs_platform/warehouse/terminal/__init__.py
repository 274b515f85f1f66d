"""SQL behind the terminal: its saved queries (`saved_*`), and queries of readers that run (`question_*`, `overdue`).

Belongs here: .sql files and reading them. Not here: what people ask (that is text, and goes through DBHub).
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("terminal")

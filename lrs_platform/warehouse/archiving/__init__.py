"""SQL that the archive compares itself with."""

from lrs_platform.warehouse import texts_of

sql = texts_of("archiving")

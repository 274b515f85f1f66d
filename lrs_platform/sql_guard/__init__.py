"""The guard in front of the database: text in, verdict out. No I/O; who asks makes no difference.

Whether a query may run is decided three times: by the role, which may select from schema report alone; here, by its
tokens (lexing.py, shape.py) and its tree (tree.py); and by what Postgres estimates that it costs (estimate.py). What
passes is framed (framing.py) so that one bounded answer comes back. functions.py holds the lists, refusal.py how a no
is said.
"""

from lrs_platform.sql_guard.check import Guarded, check
from lrs_platform.sql_guard.refusal import Refusal, Rule, SqlRefused

__all__ = ["Guarded", "Refusal", "Rule", "SqlRefused", "check"]

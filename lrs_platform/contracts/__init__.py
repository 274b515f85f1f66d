"""Contracts of modules, held against the evidence. A status is derived here, never believed.

`contract.py` reads orchestrator_contracts/*.json; `files.py` says which file belongs to whom; `test_history.py` what
the test runs have left; `probing.py` asks endpoints; `status.py` derives a status from such evidence; `checking.py` and
`display.py` are `lrs contracts check` and `show`. The gateway's debug pages use the same parts.
"""

from lrs_platform.contracts.checking import check
from lrs_platform.contracts.contract import FOLDER, SCHEMA, Contract, Endpoint, Status, read
from lrs_platform.contracts.display import show
from lrs_platform.contracts.files import matching, project_files
from lrs_platform.contracts.status import Evidence, Verdict, derive_status, judge

__all__ = [
    "FOLDER",
    "SCHEMA",
    "Contract",
    "Endpoint",
    "Evidence",
    "Status",
    "Verdict",
    "check",
    "derive_status",
    "judge",
    "matching",
    "project_files",
    "read",
    "show",
]

"""Superset's configuration beside the platform: no secret in it, none in its tables, framed by the gateway only.

Belongs here: what differs from Superset's defaults. Not here: datasets and dashboard (lrs_platform/ui/superset.py).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

SECRETS = Path(os.environ.get("SUPERSET_SECRETS", "/run/secrets"))


def _secret(name: str) -> str:
    return (SECRETS / name).read_text(encoding="utf-8").strip()


SECRET_KEY = _secret("superset_secret_key")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{os.environ.get('SUPERSET_HOME', '/app/superset_home')}/superset.db"
PREVENT_UNSAFE_DB_CONNECTIONS = True
ROW_LIMIT = 5_000
SQL_MAX_ROW = 20_000
SQLLAB_TIMEOUT = 10  # seconds; the warehouse server ends sessions of readers after LRS_READER_SECONDS

_GATEWAY = os.environ.get("LRS_GATEWAY_ORIGINS", "http://127.0.0.1:8000 http://localhost:8000")
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'", *_GATEWAY.split()],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # it listens on the loopback address; a proxy with TLS stands before what is published
    "frame_options": None,  # said by frame-ancestors
    "session_cookie_secure": False,
}


def DB_CONNECTION_MUTATOR(
    uri: URL, params: dict[str, Any], username: str, security_manager: object, source: object
) -> tuple[URL, dict[str, Any]]:
    """Give a connection of the role lrs_reader its password, so that Superset's own tables never hold it."""
    if uri.username == "lrs_reader":
        uri = uri.set(password=_secret("lrs_reader_password"))
    return uri, params

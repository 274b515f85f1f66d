"""Start the gateway: `python -m lrs_platform.gateway`. Host, port and number of workers come from the settings."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from lrs_platform.settings import SettingMissing, get_settings

KEEP_ALIVE_SECONDS = 75  # longer than the 60 s of common load balancers, which else meet connections that just closed
SHUTDOWN_SECONDS = 10  # requests under way may end


def main() -> int:
    """Serve until SIGTERM or SIGINT. Exit status 2 where a setting is missing."""
    settings = get_settings()
    try:
        settings.require("redis_url")
        settings.require("mcp_warehouse_url")
    except SettingMissing as missing:
        print(f"gateway: {missing}", file=sys.stderr)  # noqa: T201 - before logging is set up
        return 2
    if settings.gateway_workers > 1:
        _share_metrics(settings.home / "run" / "gateway-metrics")
    import uvicorn

    uvicorn.run(
        "lrs_platform.gateway.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.gateway_workers,
        loop="uvloop",
        http="lrs_platform.gateway.head_limit:BoundedHeadProtocol",
        ws="none",
        access_log=False,  # a line a request costs more than the request, and the login link's token would be in it
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        proxy_headers=False,  # the application reads them where a page needs them
    )
    return 0


def _share_metrics(directory: Path) -> None:
    """Let workers count into files that any of them sums up for /metrics; must happen before prometheus_client is
    imported.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


if __name__ == "__main__":
    sys.exit(main())

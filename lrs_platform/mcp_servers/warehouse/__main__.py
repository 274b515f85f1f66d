"""`python -m lrs_platform.mcp_servers.warehouse`: start the server."""

from lrs_platform.mcp_servers.warehouse.server import main

main()

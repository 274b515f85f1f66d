"""`python -m lrs_platform.mcp_servers.dbhub`: start the server."""

from lrs_platform.mcp_servers.dbhub.server import main

main()

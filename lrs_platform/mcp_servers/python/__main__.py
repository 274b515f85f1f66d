"""`python -m lrs_platform.mcp_servers.python`: start the server."""

from lrs_platform.mcp_servers.python.server import main

main()

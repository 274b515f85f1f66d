"""`python -m lrs_platform.mcp_servers.mail`: start the server."""

from lrs_platform.mcp_servers.mail.server import main

main()

"""The log of MCP calls, from its stream into lrs.mcp_call."""

from lrs_platform.defs.upkeep.mcp_calls.resources import CallLogLoader
from lrs_platform.defs.upkeep.mcp_calls.sensors import mcp_call_log

RESOURCES = {"call_log": CallLogLoader()}
SENSORS = [mcp_call_log]

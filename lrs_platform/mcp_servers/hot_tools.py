"""tools/call of the few tools on the path of a statement, answered without the SDK where the request is a plain one.

Belongs here: such a request to a function and back (MCP 2025-11-25, Tools, Calling Tools). The SDK's stateless server
takes 1.5 ms of CPU a call and reads a batch of 6 MB several times over (docs/performance.md); this takes a tenth. It
knows nothing else of the protocol: handshakes, lists, other tools, traced calls, arguments of another shape, and
whatever else is not a plain call goes to the SDK as it came, which answers it or says what is wrong with it.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec
from mcp.server.mcpserver.exceptions import ToolError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lrs_platform.mcp_servers.serving import MAX_REQUEST_BYTES

logger = logging.getLogger(__name__)

Tool = Callable[..., Awaitable[Any]]

PATH = "/mcp"
# Versions whose tools/call is the one spoken here. A request that names none is the SDK's to judge.
VERSIONS = frozenset({b"2025-11-25", b"2025-06-18", b"2025-03-26"})


class _Call(msgspec.Struct, forbid_unknown_fields=True):
    """`params` of tools/call. One with `_meta` is not plain: the SDK makes spans of it."""

    name: str
    arguments: msgspec.Raw


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    """A JSON-RPC request."""

    jsonrpc: str
    id: int | str
    method: str
    params: _Call


@dataclass(frozen=True, slots=True)
class _HotTool:
    run: Tool
    arguments: type[msgspec.Struct]


class HotTools:
    """ASGI application before an SDK's: it answers plain calls of `tools`, all else is the SDK's."""

    def __init__(self, app: ASGIApp, *tools: Tool) -> None:
        """`tools` are functions that are registered with the SDK as well, under their own names, without an output
        schema: a result that is no text is told as the text of its JSON.
        """
        self._app = app
        self._tools = {tool.__name__: _hot(tool) for tool in tools}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != PATH or not _is_known(scope):
            await self._app(scope, receive, send)
            return
        messages, body = await _whole(receive)
        answer = await self._answer(body)
        if answer is None:
            await self._app(scope, _again(messages, receive), send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, body: bytes) -> bytes | None:
        """The reply to a plain call of a hot tool; None where it is none."""
        try:
            request = msgspec.json.decode(body, type=_Request)
            tool = self._tools.get(request.params.name)
            if tool is None or request.method != "tools/call" or request.jsonrpc != "2.0":
                return None
            arguments = msgspec.json.decode(request.params.arguments, type=tool.arguments)
        except (msgspec.MsgspecError, UnicodeError):
            return None
        return msgspec.json.encode(
            {"jsonrpc": "2.0", "id": request.id, "result": await _run(request.params.name, tool, arguments)}
        )


def _hot(tool: Tool) -> _HotTool:
    hints = get_type_hints(tool)
    fields: list[Any] = []
    for name, parameter in inspect.signature(tool).parameters.items():
        given = () if parameter.default is inspect.Parameter.empty else (parameter.default,)
        fields.append((name, hints[name], *given))
    arguments = msgspec.defstruct(f"{tool.__name__}_arguments", fields, forbid_unknown_fields=True)
    return _HotTool(tool, arguments)


async def _run(name: str, tool: _HotTool, arguments: msgspec.Struct) -> dict[str, Any]:
    """The result as tools/call has it; a failure of the tool is a result too, in the words that the SDK uses."""
    try:
        value = await tool.run(**{field: getattr(arguments, field) for field in arguments.__struct_fields__})
    except ToolError as error:
        return _failed(f"Error executing tool {name}: {error}")
    except Exception:  # as the SDK: whatever it is, it ends this call alone, and its text may hold data
        logger.exception("tool %s raised an unexpected exception", name)
        return _failed(f"Error executing tool {name}")
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return {"content": [{"type": "text", "text": text}], "isError": False}


def _failed(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": True}


def _is_known(scope: Scope) -> bool:
    """Whether the request says that it speaks a version known here, sends JSON and takes JSON."""
    headers = dict(scope["headers"])
    return (
        headers.get(b"mcp-protocol-version") in VERSIONS
        and headers.get(b"content-type") == b"application/json"
        and b"application/json" in headers.get(b"accept", b"")
        and b"text/event-stream" in headers.get(b"accept", b"")
    )


async def _whole(receive: Receive) -> tuple[Sequence[Message], bytes]:
    """The messages of a request's body, and the body; at most as much as is taken, the rest is left to be received."""
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return messages, b"".join(each.get("body", b"") for each in messages)
        if size > MAX_REQUEST_BYTES:
            return messages, b""


def _again(messages: Sequence[Message], receive: Receive) -> Receive:
    """`receive` that gives these messages first."""
    remaining = iter(messages)

    async def received() -> Message:
        message = next(remaining, None)
        return await receive() if message is None else message

    return received

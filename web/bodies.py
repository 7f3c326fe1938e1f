"""How much a request may bring: forms are small; scans come as plain bytes, counted where they are kept."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCAN = b"application/octet-stream"
_MOST = 1 << 20


class _TooMuch(Exception):
    pass


class BodyLimit:
    """Answers 413 to a body of more than a mebibyte that is no scan."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http" or dict(scope["headers"]).get(b"content-type") == SCAN:
            await self._app(scope, receive, send)
            return
        read, begun = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _MOST:
                raise _TooMuch
            return message

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooMuch:
            if begun:
                raise
            answer = PlainTextResponse("The request is too large.", 413)
            await answer(scope, receive, send)

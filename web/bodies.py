"""How much a request may bring: forms are small; scans come as plain bytes, counted where they are kept."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCAN = b"application/octet-stream"
_MOST = 1 << 20


class BodyLimit:
    """Answers 413 to a body of more than a mebibyte that is no scan."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http" or dict(scope["headers"]).get(b"content-type") == SCAN:
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _MOST:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)

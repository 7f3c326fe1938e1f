"""Each request in the log: a number, its route, how it ended; never what was asked for or by whom."""

from __future__ import annotations

import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.events import event, fault

_NUMBER = "request_number"
_QUIET = ("/static/", "/health/", "/metrics")
"""Asked for all day by browsers and supervisors; only what goes wrong there is told."""


def request_number(request: Request) -> str:
    """The number under which a request stands in the log; a person names it to IT."""
    return str(request.scope.get(_NUMBER, "–"))


class RequestLog:
    """Numbers requests, gives the number back in x-request-id, and tells each."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = scope[_NUMBER] = secrets.token_hex(8)
        began, status = time.monotonic(), 500

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = number
            await send(message)

        try:
            await self._app(scope, receive, numbered)
        except Exception as error:
            fault("fault", error, request=number, method=scope["method"], route=_route(scope))
            raise
        if status < 400 and scope["path"].startswith(_QUIET):
            return
        event(
            "request",
            request=number,
            method=scope["method"],
            route=_route(scope),
            status=status,
            seconds=round(time.monotonic() - began, 4),
        )


def _route(scope: Scope) -> str | None:
    """The route as it is declared: what was asked may hold a customer's number; None: there is no such."""
    return getattr(scope.get("route"), "path", None)

"""What people are told when something cannot be done: one sentence, never a stack of code."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from pipeline.access.policy import Because, NotAllowed
from pipeline.errors import PaperproofError, UserError
from pipeline.language import Message, say
from web.csrf import SAFE
from web.guarding import Forged
from web.rates import TooMany
from web.sessions import MustChangePassword, NeedsSecondFactor, NotLoggedIn
from web.surroundings import Surroundings
from web.visit import NotSeen, language

_LOG = logging.getLogger("paperproof.web")
_TOO_LARGE = say("More was sent than this can take; send less at once.")
_NOT_SEEN = say("There is no such page, or it is not for you; go back and choose from the list.")


def add_errors(app: FastAPI, site: Surroundings) -> None:
    """Tell each kind of error in its words, as a page or, below /api, as JSON."""

    def tell(request: Request, status: int, message: Message) -> Response:
        lang = language(request)
        if wants_json(request):
            return JSONResponse({"error": message.in_language(lang)}, status)
        text = site.templates.fill("error.html.j2", lang, message=message, status=status)
        return HTMLResponse(text, status)

    def kind(status: int, message: Callable[[Exception], Message]) -> Callable[..., Response]:
        return lambda request, error: tell(request, status, message(error))

    def not_logged_in(request: Request, _error: Exception) -> Response:
        if wants_json(request):
            return tell(request, 401, say("Your session has ended; log in again."))
        target = request.url.path if request.method in SAFE else "/"
        return RedirectResponse(f"/login?next={quote(target)}", 303)

    def not_allowed(request: Request, error: Exception) -> Response:
        if not isinstance(error, NotAllowed) or error.reason != Because.SECOND_FACTOR:
            return tell(request, 403, error.message)  # type: ignore[attr-defined]
        to = second_factor_of(request)
        if wants_json(request):
            return JSONResponse(
                {"error": error.message.in_language(language(request)), "to": to}, 403
            )
        return RedirectResponse(to, 303)

    def fault(request: Request, error: Exception) -> Response:
        number = secrets.token_hex(4)
        _LOG.error("fault %s at %s %s", number, request.method, request.url.path, exc_info=error)
        return tell(
            request,
            500,
            say(
                "This is a fault of Paperproof itself; tell IT its number: {number}.", number=number
            ),
        )

    def too_many(request: Request, error: Exception) -> Response:
        seconds = error.seconds if isinstance(error, TooMany) else 1
        told = tell(
            request,
            429,
            say(
                "That was asked too often; wait {seconds} seconds, then try again.", seconds=seconds
            ),
        )
        told.headers["retry-after"] = str(seconds)
        return told

    app.add_exception_handler(TooMany, too_many)
    app.add_exception_handler(NotLoggedIn, not_logged_in)
    app.add_exception_handler(
        NeedsSecondFactor, lambda request, _: RedirectResponse(second_factor_of(request), 303)
    )
    app.add_exception_handler(MustChangePassword, lambda *_: RedirectResponse("/password", 303))
    app.add_exception_handler(NotSeen, kind(404, lambda _: _NOT_SEEN))
    app.add_exception_handler(NotAllowed, not_allowed)
    app.add_exception_handler(
        Forged,
        kind(
            403,
            lambda _: say(
                "The page was too old or came from elsewhere; open it again and repeat that."
            ),
        ),
    )
    app.add_exception_handler(UserError, kind(422, lambda error: error.message))  # type: ignore[attr-defined]
    app.add_exception_handler(PaperproofError, kind(503, lambda error: error.message))  # type: ignore[attr-defined]
    app.add_exception_handler(RequestValidationError, kind(404, lambda _: _NOT_SEEN))
    app.add_exception_handler(
        HTTPException,
        lambda request, error: tell(
            request, error.status_code, _TOO_LARGE if error.status_code == 413 else _NOT_SEEN
        ),
    )
    app.add_exception_handler(Exception, fault)


def second_factor_of(request: Request) -> str:
    """Where the second factor is asked for, with the way back to the page that was looked at."""
    if request.method in SAFE:
        path, query = request.url.path, request.url.query
    else:
        parts = urlsplit(request.headers.get("referer", ""))
        path, query = (parts.path, parts.query) if parts.netloc == request.url.netloc else ("/", "")
    return f"/login/second?next={quote(f'{path}?{query}' if query else path or '/')}"


def wants_json(request: Request) -> bool:
    """Whether a program asks, or a script of our pages."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or "application/json" in accept

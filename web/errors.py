"""What people are told when something cannot be done: one sentence, never a stack of code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from pipeline.access.policy import Because, NotAllowed
from pipeline.errors import PaperproofError, UserError
from pipeline.language import Message, say
from web.guarding import Forged
from web.on_site import on_site
from web.rates import TooMany
from web.request_log import request_number
from web.sessions import MustChangePassword, NeedsSecondFactor, NotLoggedIn
from web.visit import NotSeen, is_for_programs, language, looked_at

PROBLEM = "application/problem+json"
_TOO_LARGE = say("More was sent than this can take; send less at once.")
_NOT_FIT = say("Something that was typed is too long or not of its kind; go back and mend it.")
_NOT_SEEN = say("There is no such page, or it is not for you; go back and choose from the list.")


def add_errors(app: FastAPI) -> None:
    """Tell each kind of error in its words: as a page, to our scripts as JSON, below /api as RFC 9457."""
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)


def tell(
    request: Request,
    status: int,
    message: Message,
    headers: Mapping[str, str] | None = None,
    **more: str,
) -> Response:
    """Tell a sentence in the visitor's language; ``more``: what a program is told besides."""
    lang, site = language(request), request.app.state.site
    sentence, number = message.in_language(lang), request_number(request)
    if is_for_programs(request):
        problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
        problem["request"] = number
        return JSONResponse({**problem, "detail": sentence, **more}, status, headers, PROBLEM)
    if wants_json(request):
        return JSONResponse({"error": on_site(sentence, lang), **more}, status, headers)
    told = {"message": message, "status": status, "number": number}
    # its address is not told: what is not there and what is not for one look the same (CWE-204)
    text = site.templates.fill("error.html.j2", lang, here="/", **told)
    return HTMLResponse(text, status, headers)


def _as(status: int, message: Message | None = None) -> Callable[[Request, Any], Response]:
    """Tell errors of a kind with a status: in their own sentence, or in this one."""
    return lambda request, error: tell(request, status, message or error.message)


def _not_logged_in(request: Request, _error: Exception) -> Response:
    if wants_json(request):
        ended = say("Your session has ended; log in again.")
        return tell(request, 401, ended, {"www-authenticate": "Bearer"})
    return RedirectResponse(f"/login?next={quote(looked_at(request))}", 303)


def _to_be_confirmed(request: Request, _error: Exception) -> Response:
    to = second_factor_of(request)
    if is_for_programs(request):
        return tell(request, 403, say("Confirm with your second factor first."), to=to)
    return RedirectResponse(to, 303)


def _must_change(request: Request, _error: Exception) -> Response:
    if is_for_programs(request):
        return tell(request, 403, say("Change your password first."), to="/password")
    return RedirectResponse("/password", 303)


def _not_allowed(request: Request, error: Any) -> Response:
    if error.reason != Because.SECOND_FACTOR:
        return tell(request, 403, error.message)
    to = second_factor_of(request)
    if wants_json(request):
        return tell(request, 403, error.message, to=to)
    return RedirectResponse(to, 303)


def _too_many(request: Request, error: Any) -> Response:
    message = say(
        "That was asked too often; wait {seconds} seconds, then try again.", seconds=error.seconds
    )
    return tell(request, 429, message, {"retry-after": str(error.seconds)})


def _unfit(request: Request, error: Any) -> Response:
    """A part of the request is not what it has to be: an address of ours is never so, a program's may be."""
    first = error.errors()[0]
    if not is_for_programs(request):
        typed = first["loc"][0] == "body"
        return tell(request, 422, _NOT_FIT) if typed else tell(request, 404, _NOT_SEEN)
    place = ".".join(str(part) for part in first["loc"])
    return tell(request, 422, say("{place} does not hold ({why}).", place=place, why=first["msg"]))


def _of_http(request: Request, error: Any) -> Response:
    told = _TOO_LARGE if error.status_code == 413 else _NOT_SEEN
    return tell(request, error.status_code, told, error.headers)


def _fault(request: Request, _error: Exception) -> Response:
    """What went wrong stands in the log, under the request's number (``web.request_log``)."""
    number = request_number(request)
    message = say(
        "This is a fault of Paperproof itself; tell IT its number: {number}.", number=number
    )
    return tell(
        request, 500, message, {"x-request-id": number}
    )  # from outside of what numbers others


_HANDLERS: Mapping[type[Exception], Callable[[Request, Any], Response]] = {
    TooMany: _too_many,
    NotLoggedIn: _not_logged_in,
    NeedsSecondFactor: _to_be_confirmed,
    MustChangePassword: _must_change,
    NotSeen: _as(404, _NOT_SEEN),
    NotAllowed: _not_allowed,
    Forged: _as(
        403, say("The page was too old or came from elsewhere; open it again and repeat that.")
    ),
    UserError: _as(422),
    PaperproofError: _as(503),
    OverflowError: _as(
        404, say("A number or a day is beyond what there can be; go back and choose from the list.")
    ),
    RequestValidationError: _unfit,
    HTTPException: _of_http,
    Exception: _fault,
}


def second_factor_of(request: Request) -> str:
    """Where the second factor is asked for, with the way back to the page that was looked at."""
    return f"/login/second?next={quote(looked_at(request))}"


def wants_json(request: Request) -> bool:
    """Whether a program asks, or a script of our pages."""
    return is_for_programs(request) or "application/json" in request.headers.get("accept", "")

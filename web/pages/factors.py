"""The second factor: asked for at log-in and before acts of weight, set up, removed; one's own sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from flows.accounts import LoggedIn
from flows.own_account import OwnDesk
from flows.passkeys import PasskeyDesk
from pipeline.access.passkeys import Site
from pipeline.errors import UserError
from pipeline.language import Message
from pipeline.staff import ROLES
from web import sessions
from web.drawing import qr_path
from web.guarding import Section, Visiting
from web.pages.entering import enter, inside, own_page, own_site, trying
from web.surroundings import Surroundings

OPEN = frozenset({"/login/second", "/login/second/device", "/login/second/question"})
"""What is asked for while the second factor is still to come."""

before_login = APIRouter()
section = Section()
Text = Annotated[str, Form()]
Told = Annotated[str, Body()]


@before_login.get("/login/second")
def ask_second(request: Request, next: str = "/") -> HTMLResponse:
    """Ask for the second factor: at log-in, or again before an act that needs it."""
    return _second_page(request, inside(next))


@before_login.post("/login/second")
def second(request: Request, code: Text, next: Text = "/") -> Response:
    """Confirm by a code; the session gets a new token and goes where it wanted to."""
    site = trying(request, sessions.token_of(request))
    try:
        entered = site.accounts.confirm_second_factor(sessions.token_of(request), code, site.now())
    except UserError as error:
        return _second_page(request, inside(next), error.message)
    return enter(site, entered, inside(next))


@before_login.post("/login/second/question")
def question(request: Request) -> Response:
    """Give what one of the person's devices is to answer."""
    site = own_site(request)
    return _options(_passkeys(request).ask(sessions.token_of(request), site.now()))


@before_login.post("/login/second/device")
def second_by_device(request: Request, answer: Told, next: Told = "/") -> Response:
    """Confirm by a device; the session gets a new token and goes where it wanted to."""
    site = trying(request, sessions.token_of(request))
    entered = _passkeys(request).confirm(sessions.token_of(request), answer, site.now())
    return _to(site, entered, inside(next))


@section.get("/account", None)
def own_account(visit: Visiting) -> HTMLResponse:
    """Show one's own roles, second factors and sessions."""
    return visit.page(
        "account.html.j2",
        roles=ROLES,
        own=OwnDesk(visit.site.accounts).show(visit.token, visit.site.now()),
    )


@section.post("/account/factor", None)
def offer_factor(visit: Visiting) -> HTMLResponse:
    """Show the code that a device is to be given, and ask for the first number it shows."""
    offered = visit.site.accounts.offer_second_factor(visit.token, visit.site.now())
    return visit.page("factor.html.j2", square=qr_path(offered.uri), seed=offered.seed)


@section.post("/account/factor/first", None)
def take_factor(visit: Visiting, code: Text) -> Response:
    """Let the second factor count from now on, proved by its first number."""
    entered = visit.site.accounts.take_second_factor(visit.token, code, visit.site.now())
    return enter(visit.site, entered, "/account")


@section.post("/account/factor/remove", None)
def remove_factor(visit: Visiting) -> Response:
    """Let the authenticator's codes count no more."""
    OwnDesk(visit.site.accounts).remove_codes(visit.token, visit.site.now())
    return RedirectResponse("/account", 303)


@section.post("/account/devices/question", None)
def offer_device(visit: Visiting, request: Request) -> Response:
    """Give what a new device is to answer."""
    return _options(_passkeys(request).offer(visit.token, visit.site.now()))


@section.post("/account/devices", None)
def take_device(visit: Visiting, request: Request, answer: Told, name: Told) -> Response:
    """Let a device count from now on, under a name."""
    entered = _passkeys(request).take(visit.token, answer, name, visit.site.now())
    return _to(visit.site, entered, "/account")


@section.post("/account/devices/remove", None)
def remove_device(visit: Visiting, request: Request, device: Text) -> Response:
    """Let a device count no more."""
    _passkeys(request).end(visit.token, device, visit.site.now())
    return RedirectResponse("/account", 303)


@section.post("/account/sessions/end", None)
def end_session(visit: Visiting, session: Text) -> Response:
    """End another session of one's own."""
    OwnDesk(visit.site.accounts).end_session(visit.token, session, visit.site.now())
    return RedirectResponse("/account", 303)


def _second_page(request: Request, next: str, message: Message | None = None) -> HTMLResponse:
    site = own_site(request)
    token, now = sessions.token_of(request), site.now()
    session = site.accounts.session_of(token, now)
    if session is None:
        raise sessions.NotLoggedIn
    return own_page(
        request,
        "second.html.j2",
        status=422 if message else 200,
        waiting=session.needs_second_factor,
        own=OwnDesk(site.accounts).show(token, now),
        minutes=site.parts.settings.access.step_up_minutes,
        next=next,
        message=message,
    )


def _passkeys(request: Request) -> PasskeyDesk:
    """The desk for devices under the name by which the browser knows this site.

    A device has a key for that name alone, so a name that somebody made up in a request gets no answer.
    """
    site: Surroundings = request.app.state.site
    host, port = request.url.hostname or "", request.url.port
    origin = f"{request.url.scheme}://{host}{f':{port}' if port else ''}"
    return PasskeyDesk(site.accounts, Site(host, origin, "Paperproof"))


def _options(text: str) -> Response:
    return Response(text, media_type="application/json")


def _to(site: Surroundings, entered: LoggedIn, to: str) -> Response:
    answer = JSONResponse({"to": to})
    sessions.keep(answer, site, entered.token)
    return answer

"""Logging in and out, the second factor, one's own password, and the language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.accounts import LoggedIn
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import ROLES
from web import csrf, sessions
from web.drawing import qr_path
from web.guarding import Forged, Section, Visiting
from web.surroundings import Surroundings
from web.visit import language

OPEN = frozenset({"/login", "/login/second", "/password", "/language"})
"""What is asked for before somebody is logged in whole."""

before_login = APIRouter()
section = Section()
_A_YEAR = 31_536_000
Text = Annotated[str, Form()]


@before_login.get("/login")
def ask(request: Request, next: str = "/") -> HTMLResponse:
    """Ask who it is."""
    return _login_page(request, next=_inside(next))


@before_login.post("/login")
def log_in(request: Request, name: Text, password: Text, next: Text = "/") -> Response:
    """Log in; unknown names and wrong passwords get the same answer."""
    site = _own(request)
    address = request.client.host if request.client else "–"
    try:
        entered = site.accounts.log_in(name, password, address, site.now())
    except UserError as error:
        return _login_page(request, name=name, next=_inside(next), message=error.message)
    return _entered(site, entered, _inside(next))


@before_login.get("/login/second")
def ask_second(request: Request) -> HTMLResponse:
    """Ask for the second factor."""
    return _page(request, "second.html.j2", message=None)


@before_login.post("/login/second")
def second(request: Request, code: Text) -> Response:
    """Confirm the second factor; the session gets a new token."""
    site = _own(request)
    try:
        entered = site.accounts.confirm_second_factor(sessions.token_of(request), code, site.now())
    except UserError as error:
        return _page(request, "second.html.j2", status=422, message=error.message)
    return _entered(site, entered, "/")


@before_login.get("/password")
def ask_password(request: Request) -> HTMLResponse:
    """Ask for a new password."""
    return _password_page(request)


@before_login.post("/password")
def change_password(
    request: Request,
    old: Text,
    new: Text,
    again: Text,
    csrf_given: Annotated[str, Form(alias="csrf")],
) -> Response:
    """Change one's own password; every other session of the person ends."""
    site = _own(request)
    token = sessions.token_of(request)
    session = site.accounts.session_of(token, site.now())
    if session is None:
        raise sessions.NotLoggedIn
    if csrf_given != session.csrf:
        raise Forged
    if new != again:
        return _password_page(
            request, message=say("The two new passwords differ; type both again.")
        )
    try:
        entered = site.accounts.change_password(token, old, new, site.now())
    except UserError as error:
        return _password_page(request, message=error.message)
    return _entered(site, entered, "/")


@before_login.post("/language")
def choose_language(request: Request, lang: Text, back: Text = "/") -> Response:
    """Speak Chinese or English from now on, in this browser."""
    if csrf.from_elsewhere(request):
        raise Forged
    answer = RedirectResponse(_inside(back), 303)
    answer.set_cookie(
        "lang",
        "en" if lang == "en" else "zh",
        max_age=_A_YEAR,
        httponly=True,
        samesite="lax",
        secure=_own(request).secure,
    )
    return answer


@section.post("/logout", None)
def log_out(visit: Visiting) -> Response:
    """End the session."""
    visit.site.accounts.log_out(visit.token, visit.site.now())
    answer = RedirectResponse("/login", 303)
    sessions.forget(answer, visit.site)
    return answer


@section.get("/account", None)
def own_account(visit: Visiting) -> HTMLResponse:
    """Show one's own roles and second factor."""
    return visit.page("account.html.j2", roles=ROLES)


@section.post("/account/factor", None)
def offer_factor(visit: Visiting) -> HTMLResponse:
    """Show the code that a device is to be given, and ask for the first number it shows."""
    offered = visit.site.accounts.offer_second_factor(visit.token, visit.site.now())
    return visit.page(
        "factor.html.j2", square=qr_path(offered.uri), seed=offered.seed, message=None
    )


@section.post("/account/factor/first", None)
def take_factor(visit: Visiting, code: Text) -> Response:
    """Let the second factor count from now on, proved by its first number."""
    entered = visit.site.accounts.take_second_factor(visit.token, code, visit.site.now())
    return _entered(visit.site, entered, "/account")


def _entered(site: Surroundings, entered: LoggedIn, to: str) -> Response:
    """Go on with the session's new token."""
    answer = RedirectResponse("/login/second" if entered.needs_second_factor else to, 303)
    sessions.keep(answer, site, entered.token)
    return answer


def _own(request: Request) -> Surroundings:
    site: Surroundings = request.app.state.site
    if request.method not in csrf.SAFE and csrf.from_elsewhere(request):
        raise Forged
    return site


def _inside(path: str) -> str:
    """A place of this site: nobody is sent elsewhere after logging in (CWE-601)."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if plain and path.isprintable() else "/"


def _login_page(
    request: Request, next: str = "/", name: str = "", message: Message | None = None
) -> HTMLResponse:
    status = 422 if message else 200
    return _page(request, "login.html.j2", status=status, next=next, name=name, message=message)


def _password_page(request: Request, message: Message | None = None) -> HTMLResponse:
    site = _own(request)
    session = site.accounts.session_of(sessions.token_of(request), site.now())
    if session is None:
        raise sessions.NotLoggedIn
    status = 422 if message else 200
    return _page(request, "password.html.j2", status=status, message=message, csrf=session.csrf)


def _page(request: Request, template: str, status: int = 200, **parts: object) -> HTMLResponse:
    site: Surroundings = request.app.state.site
    return HTMLResponse(site.templates.fill(template, language(request), **parts), status)

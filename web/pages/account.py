"""Logging in and out, one's own password, and the language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key
from web import csrf, sessions
from web.guarding import Forged, Section, Visiting
from web.pages.entering import address_of, enter, inside, own_page, own_site, trying
from web.surroundings import Surroundings

OPEN = frozenset({"/login", "/password", "/language"})
"""What is asked for before somebody is logged in whole."""

before_login = APIRouter()
section = Section()
_A_YEAR = 31_536_000
Text = Annotated[str, Form()]


@before_login.get("/login")
def ask(request: Request, next: str = "/", left: str = "") -> HTMLResponse:
    """Ask who it is; ``left``: somebody has just logged out."""
    return login_page(request, next=inside(next), left=bool(left))


@before_login.post("/login")
def log_in(request: Request, name: Text, password: Text, next: Text = "/") -> Response:
    """Log in; unknown names and wrong passwords get the same answer."""
    site = trying(request, person_key(name))
    try:
        entered = site.accounts.log_in(name, password, address_of(request), site.now())
    except UserError as error:
        return login_page(request, name=name, next=inside(next), message=error.message)
    return enter(site, entered, inside(next))


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
    token = sessions.token_of(request)
    site = trying(request, token)
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
    return enter(site, entered, "/")


@before_login.post("/language")
def choose_language(request: Request, lang: Text, back: Text = "/") -> Response:
    """Speak Chinese or English from now on, in this browser."""
    if csrf.from_elsewhere(request):
        raise Forged
    answer = RedirectResponse(inside(back), 303)
    answer.set_cookie(
        "lang",
        "en" if lang == "en" else "zh",
        max_age=_A_YEAR,
        httponly=True,
        samesite="lax",
        secure=own_site(request).secure,
    )
    return answer


@section.post("/logout", None)
def log_out(visit: Visiting) -> Response:
    """End the session."""
    visit.site.accounts.log_out(visit.token, visit.site.now())
    answer = RedirectResponse("/login" if visit.site.sign_on is None else "/login?left=1", 303)
    sessions.forget(answer, visit.site)
    return answer


def login_page(
    request: Request,
    next: str = "/",
    name: str = "",
    message: Message | None = None,
    *,
    left: bool = False,
) -> HTMLResponse:
    """Ask who it is, with what went wrong."""
    site: Surroundings = request.app.state.site
    return own_page(
        request,
        "login.html.j2",
        status=422 if message else 200,
        next=next,
        name=name,
        message=message,
        company=site.sign_on is not None,
        left=left,
    )


def _password_page(request: Request, message: Message | None = None) -> HTMLResponse:
    site = own_site(request)
    session = site.accounts.session_of(sessions.token_of(request), site.now())
    if session is None:
        raise sessions.NotLoggedIn
    status = 422 if message else 200
    return own_page(request, "password.html.j2", status=status, message=message, csrf=session.csrf)

"""Logging in by the company's identity provider: there, back, and out of it again."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from flows.oidc import BACK
from flows.single_sign_on import GOOD_FOR, SignOn
from pipeline.errors import UserError
from web import csrf, sessions
from web.guarding import Forged
from web.pages.account import login_page
from web.pages.entering import address_of, going_to, inside, own_page
from web.rates import Rate
from web.surroundings import Surroundings
from web.visit import NotSeen

OPEN = frozenset({"/login/company", BACK, "/login/company/leave"})
"""What is asked for before somebody is logged in."""

before_login = APIRouter()


@before_login.get("/login/company")
def begin(request: Request, next: str = "/") -> Response:
    """Send the visitor to the provider; a cookie says which browser began."""
    site, sign_on = _sign_on(request)
    if csrf.from_elsewhere(request):
        raise Forged
    try:
        begun = sign_on.begin(inside(next), site.now())
    except UserError as error:
        return login_page(request, next=inside(next), message=error.message)
    answer = RedirectResponse(begun.address, 303)
    answer.set_cookie(
        _cookie(site),
        begun.browser,
        max_age=int(GOOD_FOR.total_seconds()),
        httponly=True,
        secure=site.secure,
        samesite="lax",  # the way back begins at the provider, where a strict one is not sent
    )
    return answer


@before_login.get(BACK)
def finish(request: Request) -> Response:
    """Log in whom the provider proved."""
    site, sign_on = _sign_on(request)
    browser = request.cookies.get(_cookie(site), "")
    try:
        entered, to = sign_on.finish(
            browser, dict(request.query_params), address_of(request), site.now()
        )
    except UserError as error:
        refused = login_page(request, message=error.message)
        refused.delete_cookie(_cookie(site), httponly=True, secure=site.secure, samesite="lax")
        return refused
    # A page of our own goes on: the session's cookie is not sent on the way from elsewhere.
    answer = own_page(request, "signed_on.html.j2", to=going_to(entered, to))
    answer.delete_cookie(_cookie(site), httponly=True, secure=site.secure, samesite="lax")
    sessions.keep(answer, site, entered.token)
    return answer


@before_login.get("/login/company/leave")
def leave(request: Request) -> Response:
    """Go where the log-in at the provider itself is ended, so that the next person is asked again."""
    site, sign_on = _sign_on(request)
    return RedirectResponse(sign_on.provider.leaving(site.now()) or "/login", 303)


def _sign_on(request: Request) -> tuple[Surroundings, SignOn]:
    site: Surroundings = request.app.state.site
    if site.sign_on is None:
        raise NotSeen
    site.rates.spend(Rate.ADDRESS, address_of(request))
    return site, site.sign_on


def _cookie(site: Surroundings) -> str:
    return f"{sessions.cookie_name(site)}-company"

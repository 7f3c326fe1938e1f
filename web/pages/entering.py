"""What the pages around logging in share: they come before anybody is known whole."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.accounts import LoggedIn
from web import csrf, sessions
from web.guarding import Forged
from web.rates import Rate
from web.surroundings import Surroundings
from web.visit import language, looked_at


def enter(site: Surroundings, entered: LoggedIn, to: str) -> Response:
    """Go on with the session's new token."""
    answer = RedirectResponse(going_to(entered, to), 303)
    sessions.keep(answer, site, entered.token)
    return answer


def going_to(entered: LoggedIn, to: str) -> str:
    """Where a session that has just begun goes on: to its second factor first, where it has one."""
    return f"/login/second?next={quote(to)}" if entered.needs_second_factor else to


def own_site(request: Request) -> Surroundings:
    """Give the site; raises Forged for an act that another site asks for."""
    site: Surroundings = request.app.state.site
    if request.method not in csrf.SAFE and csrf.from_elsewhere(request):
        raise Forged
    return site


def trying(request: Request, account: str) -> Surroundings:
    """Count a password or second factor that is tried, by address and by account; give the site."""
    site = own_site(request)
    site.rates.spend(Rate.ADDRESS, address_of(request))
    site.rates.spend(Rate.ACCOUNT, account)
    return site


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "–"


def inside(path: str) -> str:
    """A place of this site: nobody is sent elsewhere after logging in (CWE-601)."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if plain and path.isprintable() else "/"


def own_page(request: Request, template: str, status: int = 200, **parts: object) -> HTMLResponse:
    """Fill a page for somebody who is not logged in whole."""
    site: Surroundings = request.app.state.site
    return HTMLResponse(
        site.templates.fill(template, language(request), here=looked_at(request), **parts), status
    )

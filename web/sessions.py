"""From a request's cookie to the person: sessions live on the server, so they can be ended."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from web.surroundings import Surroundings
from web.visit import Visit, is_for_programs, language, looked_at


class NotLoggedIn(Exception):
    """No session, or one that has ended."""


class NeedsSecondFactor(Exception):
    """The password was right; the second factor is still to come."""


class MustChangePassword(Exception):
    """The first password, or one that was reset, is to be replaced before anything else."""


def cookie_name(site: Surroundings) -> str:
    """``__Host-`` binds the cookie to this host and to TLS (RFC 6265bis, 4.1.3.2)."""
    return "__Host-paperproof" if site.secure else "paperproof"


def token_of(request: Request) -> str:
    """The session's token as the browser sends it; empty: none."""
    site: Surroundings = request.app.state.site
    return request.cookies.get(cookie_name(site), "")


def of_request(request: Request) -> Visit:
    """Return who asks; raises NotLoggedIn, NeedsSecondFactor or MustChangePassword."""
    site: Surroundings = request.app.state.site
    if bearer := _bearer_of(request):
        return _machine(site, request, bearer)
    token = token_of(request)
    session = site.accounts.session_of(token, site.now()) if token else None
    if session is None:
        raise NotLoggedIn
    if session.needs_second_factor:
        raise NeedsSecondFactor
    if session.must_change:
        raise MustChangePassword
    return Visit(site, session.person, token, session.csrf, language(request), *_place(request))


def _place(request: Request) -> tuple[str, str]:
    """The request's path and the page that it is looked at from."""
    return request.url.path, looked_at(request)


def _bearer_of(request: Request) -> str:
    """The token of a machine (RFC 6750); the site's pages are for people and know none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if is_for_programs(request) and scheme.lower() == "bearer" else ""


def _machine(site: Surroundings, request: Request, token: str) -> Visit:
    person = site.accounts.machine_of(token, site.now())
    if person is None:
        raise NotLoggedIn
    return Visit(site, person, token, None, language(request), *_place(request))


def keep(response: Response, site: Surroundings, token: str) -> None:
    """Have the browser send the token from now on; scripts cannot read it."""
    response.set_cookie(
        cookie_name(site), token, httponly=True, secure=site.secure, samesite="strict", path="/"
    )


def forget(response: Response, site: Surroundings) -> None:
    """Have the browser forget the token."""
    response.delete_cookie(
        cookie_name(site), httponly=True, secure=site.secure, samesite="strict", path="/"
    )

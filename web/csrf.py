"""Acts that another site makes a visitor's browser ask for are refused.

Two independent means: the browser's own word (``Sec-Fetch-Site``, else ``Origin``, as Go 1.25 does) and a
token of the session that only our own pages know.
"""

from __future__ import annotations

import hmac

from starlette.requests import Request

FIELD, HEADER = "csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"


def from_elsewhere(request: Request) -> bool:
    """Whether the browser says that another site asks; one that says nothing is no browser."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    return origin.partition("://")[2] != request.headers.get("host", "")


async def has_token(request: Request, expected: str) -> bool:
    """Whether header or form carry the session's token; larger bodies must name it in the header."""
    given = request.headers.get(HEADER)
    if given is None and request.headers.get("content-type", "").startswith(_FORM):
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else None
    return given is not None and hmac.compare_digest(given.encode(), expected.encode())

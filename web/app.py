"""The site: its parts put together, and a start that fails when a route says not which act it is."""

from __future__ import annotations

from importlib.resources import files

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from web.api import described
from web.bodies import BodyLimit
from web.errors import add_errors
from web.guarding import Guarded, require_declared
from web.headers import SecurityHeaders
from web.outdated import must_fit
from web.pages import (
    access_reports,
    account,
    archive,
    audit,
    evidence,
    exports,
    factors,
    handover,
    home,
    keying,
    leaving,
    monitor,
    operations,
    pictures,
    reading,
    requests,
    review,
    scanner,
    secrecy,
    shelf,
    sign_on,
    station,
    uploads,
    worklist,
)
from web.pages.admin import SECTIONS as ADMINISTRATION
from web.request_log import RequestLog
from web.surroundings import Surroundings

SECTIONS = (
    home.section,
    account.section,
    factors.section,
    station.section,
    scanner.section,
    review.section,
    *ADMINISTRATION,
    keying.section,
    worklist.section,
    exports.section,
    archive.section,
    handover.section,
    shelf.section,
    reading.section,
    monitor.section,
    uploads.section,
    requests.section,
    secrecy.section,
    evidence.section,
    leaving.section,
    audit.section,
    access_reports.section,
    pictures.section,
    operations.section,
    *described.SECTIONS,
    described.section,
)


def create_app(site: Surroundings) -> FastAPI:
    """Return the site; raises RuntimeError for a route without a declared act."""
    app = FastAPI(
        title="Paperproof",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.site = site
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders, secure=site.secure)
    app.add_middleware(RequestLog)
    add_errors(app)
    app.mount("/static", StaticFiles(directory=str(files("web") / "static")))
    for way_in in (account, factors, sign_on):
        app.include_router(way_in.before_login, dependencies=[Depends(must_fit)])
    app.include_router(operations.before_login)
    for section in SECTIONS:
        app.include_router(section.router)
    open_to_all = account.OPEN | factors.OPEN | sign_on.OPEN | operations.OPEN
    require_declared(app.routes, declared(), open_to_all)
    return app


def declared() -> tuple[Guarded, ...]:
    """Every guarded route of the site, for the matrix of permissions."""
    return tuple(one for section in SECTIONS for one in section.declared)

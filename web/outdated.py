"""A site that a newer program overtook: once that brought the catalog on, this one answers nothing more."""

from __future__ import annotations

from starlette.requests import Request

from pipeline.errors import PaperproofError
from pipeline.language import say
from web.surroundings import Surroundings


def must_fit(request: Request) -> None:
    """Raise PaperproofError, which is told with 503, when the catalog is of a newer program."""
    site: Surroundings = request.app.state.site
    if site.ahead.get(None, site.now(), site.reading.catalog.is_ahead):
        raise PaperproofError(
            say("This site's program is older than its catalog; restart it with the new version.")
        )

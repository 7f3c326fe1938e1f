"""What the station's page and the API share when scans are sent in."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request

from flows.uploads import checked_name
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Batch
from web.bodies import SCAN
from web.visit import Visit

STATION = "web"
"""What stands for the station of scans that come through the site."""
_LONGEST = 80


def batch_of(visit: Visit, branch: str, day: date, name: str, station: str = STATION) -> Batch:
    """Return a batch of the person's; raises UserError for a name that is none."""
    clean = name.strip()
    if not all(map(_is_short, (clean, station))):
        raise UserError(say("Give the batch a short name, such as 1 or “morning”."))
    return Batch(branch, day, station, visit.person.name, clean)


def _is_short(name: str) -> bool:
    return bool(name.strip()) and len(name) <= _LONGEST and name.isprintable()


def require_scan(request: Request, name: str) -> None:
    """Raise UserError unless plain bytes come under a name that stays where it is put."""
    if request.headers.get("content-type", "").encode() != SCAN:
        raise UserError(say("{name} was not sent as plain bytes; send it again.", name=name[:80]))
    checked_name(name)

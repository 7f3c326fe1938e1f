"""Which viewings of some days stand out (CG-19h)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flows.parts import Parts
from pipeline.access.unusual import Unusual, unusual
from pipeline.clocks import ZONE


def standing_out(parts: Parts, since: date, until: date) -> tuple[int, tuple[Unusual, ...]]:
    """Return how many viewings there were from one day to another, and what stands out among them."""
    first, end = (datetime.combine(day, time(), ZONE) for day in (since, until + timedelta(days=1)))
    viewings = parts.catalog.viewings.between(first, end)
    most = parts.settings.access.views_a_day
    return len(viewings), unusual(viewings, parts.catalog.staff.in_effect(), most)

"""Choosing a branch, where a person has several."""

from __future__ import annotations

from pipeline.access.acts import Act
from web.visit import Visit


def branches_to_choose(visit: Visit, act: Act) -> list[tuple[str, str]]:
    """Give (code, name) of the branches at which the person may act so, by code."""
    names = {one.code: one.name for one in visit.site.reading.catalog.branches.all()}
    allowed = visit.branches(act)
    known = set(names) | visit.site.reading.catalog.branches.in_hand()
    shown = known if allowed is None else allowed
    return [(code, names.get(code, "")) for code in sorted(shown)]

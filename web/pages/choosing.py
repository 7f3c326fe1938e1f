"""Choosing: a branch, where a person has several; and fields of a form that were left empty."""

from __future__ import annotations

from pydantic import BeforeValidator

from pipeline.access.acts import Act
from web.visit import Visit

OR_NONE = BeforeValidator(lambda value: None if value == "" else value)
"""Browsers send a field that was left empty as empty text; here it says: none."""


def branches_to_choose(visit: Visit, act: Act) -> list[tuple[str, str]]:
    """Give (code, name) of the branches at which the person may act so, by code."""
    branches = visit.site.reading.catalog.branches
    names, shown = branches.names(), visit.branches(act)
    if shown is None:
        shown = branches.in_hand() | {one.code for one in branches.all()}
    return [(code, names.get(code, "")) for code in sorted(shown)]

"""The list of a hand-over of papers, to print on A4 and sign."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.reports.html import render
from pipeline.handover import Handover, HandoverItem


@dataclass(frozen=True)
class RowView:
    """One item in a line."""

    number: int
    item: HandoverItem
    customer: str
    business: str
    state: str
    decided: str
    """Who decided it and when; empty while it waits."""


@dataclass(frozen=True)
class HandoverView:
    """A hand-over as the list shows it, in one language."""

    lang: str
    institution: str
    handover: Handover
    given_at: str
    made_at: str
    rows: tuple[RowView, ...]


def render_handover(view: HandoverView) -> str:
    """Return the list as one self-contained page, with a box for each item and lines for signatures."""
    return render("handover.html.j2", view.lang, view=view)

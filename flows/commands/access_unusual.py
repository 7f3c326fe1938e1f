"""The report on viewings that stand out (CG-19h)."""

from __future__ import annotations

from datetime import date

import typer

from flows.access import Guard
from flows.commands.session import Session
from flows.viewing_report import standing_out
from pipeline.access.acts import Act
from pipeline.access.unusual import UNUSUAL, Unusual
from pipeline.language import say

LEFT_TO_LOOK_AT = 3
"""Exit code of a list that is not empty."""


def tell_unusual(session: Session, since: date, until: date, who: str) -> None:
    """Show what stands out from one day to another; exit code 3 when anything does."""
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.ACCESS_REPORT)
        viewings, found = standing_out(parts, since, until)
    lang = session.terminal.lang
    if found:
        session.terminal.table(
            say("Viewings that stand out"),
            (
                say("Day"),
                say("Person"),
                say("Number"),
                say("Usual"),
                say("Branches"),
                say("Requests"),
                say("Why; what for"),
            ),
            [_row(one, lang) for one in found],
        )
    session.terminal.tell(
        say(
            "{viewings} viewings from {since} to {until}; {count} times something stands out, ask what "
            "for.",
            count=len(found),
            viewings=viewings,
            since=since,
            until=until,
        )
        if found
        else say(
            "{viewings} viewings from {since} to {until}; none stands out.",
            viewings=viewings,
            since=since,
            until=until,
        )
    )
    if found:
        raise typer.Exit(LEFT_TO_LOOK_AT)


def _row(one: Unusual, lang: str) -> tuple[str, ...]:
    return (
        f"{one.day}",
        one.person,
        str(one.count),
        f"{one.usual:g}" if one.usual else "–",
        ", ".join(one.branches),
        ", ".join(f"#{no}" for no in one.requests) or "–",
        f"{UNUSUAL[one.kind].in_language(lang)}; {' / '.join(one.purposes)}",
    )

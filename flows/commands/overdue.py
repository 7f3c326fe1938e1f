"""What is overdue and what is due next, person by person."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime

import typer

from catalog.reports.wording import KINDS, told
from flows.commands.calendar import warn_unpublished
from flows.commands.session import Session, checked_branch, parsed_day
from flows.commands.staff import LEFT_TO_DO
from flows.in_hand import must_be_in
from flows.overdue import as_json, duties
from flows.parts import Parts
from flows.terminal import Terminal
from pipeline.clocks import RULES, ZONE
from pipeline.duties import Duty, DutyState, PersonDuties, by_person
from pipeline.language import Message, say
from pipeline.staff import ROLES


def add_commands(app: typer.Typer) -> None:
    """Add overdue."""
    app.command("overdue")(overdue)


def overdue(
    context: typer.Context,
    day: str = typer.Option(None, "--day", help="Business date (all)."),
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
    told_as_json: bool = typer.Option(False, "--json", help="The list as one JSON object."),
) -> None:
    """Show, person by person, what is overdue, what is due next and what was done late.

    Exit code 3 when something is overdue.
    """
    session: Session = context.obj
    on = None if day is None else parsed_day(day)
    at = None if branch is None else checked_branch(branch)
    now = datetime.now(ZONE)
    with session.open_parts() as parts:
        if at is not None:
            parts.catalog.branches.must_be_known(at)
        found = by_person(_duties(parts, on, at))
        if on is not None and not found:
            must_be_in(parts, on)
        known = parts.calendar
    if told_as_json:
        listed = as_json(found, now, session.terminal.lang)
        session.terminal.raw(json.dumps(listed, ensure_ascii=False))
    else:
        _tell(session.terminal, found, now)
    warn_unpublished(session.terminal, known, now.date())
    if any(one.count(DutyState.OVERDUE, now) for one in found):
        raise typer.Exit(LEFT_TO_DO)


def _duties(parts: Parts, day: date | None, branch: str | None) -> Iterator[Duty]:
    """Give what waits at a branch, with what is left of those that were merged into it (CG-21c)."""
    old = () if branch is None else parts.catalog.branches.successions().inherited(branch)
    for one in (branch, *old):
        yield from duties(parts, day, one)


def _tell(terminal: Terminal, found: tuple[PersonDuties, ...], now: datetime) -> None:
    lang = terminal.lang
    for one in found:
        words = {"role": ROLES.get(one.role) or one.role, "branch": one.branch}
        terminal.table(
            say("{role} {person}, branch {branch}", person=one.person, **words)
            if one.person
            else say("{role}, branch {branch}", **words),
            (
                *(say("Day"), say("Matter"), say("Concerns"), say("Due"), say("Deadline for")),
                *(say("State"), say("What")),
            ),
            [
                (
                    duty.day.isoformat(),
                    told(_WORDS, duty.kind, lang),
                    duty.subject,
                    _due(duty.due.provisional, str(duty.due), lang),
                    RULES[duty.rule].in_language(lang),
                    duty.told_state(now).in_language(lang),
                    duty.what.in_language(lang),
                )
                for duty in one.duties
            ],
        )
    terminal.tell(
        say(
            "{overdue} overdue, {due} still in time, {done_late} were done late.",
            **{str(state): sum(one.count(state, now) for one in found) for state in DutyState},
        )
    )


_WORDS: Mapping[str, Message] = {
    **{str(kind): words for kind, words in KINDS.items()},
    "LATE_CAPTURE": say("Captured late"),
    "LATE_REVIEW": say("Reviewed late"),
    "DAY_OPEN": say("Day not closed"),
    "CAPTURE": say("To be captured"),
    "KEYING": say("To be keyed"),
    "REVIEW": say("To be reviewed"),
    "RESCAN": say("To be scanned again"),
    "FETCH": say("To be fetched from a carrier"),
    "HANDOVER": say("To be received"),
    "HANDOVER_REFUSED": say("Refused at hand-over"),
    "SAMPLE_DRAW": say("Blind sample to be drawn"),
    "SAMPLE": say("Blind sample to be answered"),
}


def _due(provisional: bool, due: str, lang: str) -> str:
    return f"{due} {say('(provisional)').in_language(lang)}" if provisional else due

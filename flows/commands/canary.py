"""The canaries: running them, showing their last run, and what closing a day makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import typer

from catalog.canaries import CanaryRun, told_at_closing
from catalog.reports.wording import DOUBTS, FIELDS, KINDS
from flows.commands.session import Session, parsed_day
from flows.parts import Parts
from flows.terminal import Terminal
from pipeline.balance import DiscrepancyKind
from pipeline.canaries import DOUBT, MATCHED, TITLES, Fact, Group, Outcome, counts
from pipeline.clocks import ZONE
from pipeline.errors import PaperproofError, UserError
from pipeline.language import Message, say

RED = 1
"""Exit code when a canary came out otherwise than planned."""
_ONE_NIGHT = timedelta(hours=12)
_JSON = typer.Option(False, "--json", help="The run as one JSON object.")

GROUPS = {
    Group.GOOD: say("good"),
    Group.BAD: say("bad"),
    Group.FORGED: say("forged"),
}
_REMEDIES = {
    Group.GOOD: say("What is in order is not let through: the day's own list may be as wrong."),
    Group.BAD: say(
        "What is no use is let in: look at the settings under [scan] and what was changed last."
    ),
    Group.FORGED: say(
        "What is forged passes: look at the settings under [match], the forms and what was changed last."
    ),
}


def add_commands(app: typer.Typer) -> None:
    """Add canary run and show."""
    canary = typer.Typer(
        help="Invented vouchers that prove every night that the checks still look.",
        no_args_is_help=True,
    )
    canary.command("run")(run)
    canary.command("show")(show)
    app.add_typer(canary, name="canary")


def run(
    context: typer.Context,
    as_json: bool = _JSON,
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who runs them (this account)."),
) -> None:
    """Send the canaries through the whole chain; exit code 1 when one comes out otherwise than planned."""
    session: Session = context.obj
    with session.open_parts() as parts:
        made = _run(session.terminal, parts, session.acting(by))
    _tell(session.terminal, made, as_json)
    if not made.green:
        raise typer.Exit(RED)


def show(context: typer.Context, as_json: bool = _JSON) -> None:
    """Show the canaries' last run; exit code 1 when it was red."""
    session: Session = context.obj
    with session.open_parts() as parts:
        last = parts.catalog.canaries.last()
    if last is None:
        raise UserError(say("The canaries never ran; run “paperproof canary run”."))
    _tell(session.terminal, last, as_json)
    if not last.green:
        raise typer.Exit(RED)


def after_closing(session: Session) -> bool:
    """Run the canaries where closing does, once a night, or tell what is to be told of them.

    Returns whether the night is red: a run of this closing came out otherwise than planned.
    """
    terminal = session.terminal
    with session.open_parts() as parts:
        rules, last, now = parts.settings.canary, parts.catalog.canaries.last(), datetime.now(UTC)
        if rules.nightly and not (last and last.green and now - last.at < _ONE_NIGHT):
            return not _run_at_night(session, parts)
        told = told_at_closing(
            last, within_hours=rules.within_hours, required=rules.required, now=now
        )
    if told is not None:
        terminal.note(told)
    return False


def _run_at_night(session: Session, parts: Parts) -> bool:
    """Run them beside a closing, which stands whatever comes of it; tell whether the night is green."""
    terminal = session.terminal
    try:
        made = _run(terminal, parts, session.person())
    except PaperproofError as error:
        terminal.note(error.message)
        return False
    for sentence in _sentences(made):
        terminal.note(sentence)
    return made.green


def _run(terminal: Terminal, parts: Parts, who: str) -> CanaryRun:
    from flows.canary import canary_day, report_path, run_canaries  # drawing takes its time to load

    day = canary_day(parts.calendar, parsed_day(None))
    with terminal.progress(say("The canaries' way")) as bar:
        made = run_canaries(parts, day, who, bar)
    path = report_path(parts.workspace, made.at.astimezone(ZONE).date())
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_contract(made, terminal.lang), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", "utf-8")
    return made


def _tell(terminal: Terminal, made: CanaryRun, as_json: bool) -> None:
    if as_json:
        terminal.raw(json.dumps(as_contract(made, terminal.lang), ensure_ascii=False))
        return
    lang = terminal.lang
    terminal.table(
        say("Canaries of {at}", at=f"{made.at.astimezone(ZONE):%Y-%m-%d %H:%M}"),
        (say("Canary"), say("Type"), say("What it is"), say("Came out")),
        [
            (
                one.name or "–",
                GROUPS[one.group].in_language(lang),
                title(one).in_language(lang),
                (say("as planned") if one.as_planned else say("OTHERWISE")).in_language(lang),
            )
            for one in made.outcomes
        ],
    )
    for sentence in _sentences(made):
        terminal.tell(sentence)


def _sentences(made: CanaryRun) -> list[Message]:
    """What is otherwise than planned, one sentence each, what was left out, and the colour of the night."""
    told = [_otherwise(one) for one in made.outcomes if not one.as_planned]
    if made.fault is not None:
        told.append(say("The chain did not come to its end: {why}", why=made.fault))
    if made.left_out:
        told.append(say("Left out by the settings: {names}.", names=", ".join(made.left_out)))
    count = counts(made.outcomes)
    return [
        *told,
        say("Green: all {canaries} canaries came out as planned.", **count)
        if made.green
        else say(
            "Red: of {canaries} canaries {otherwise} came out otherwise than planned; do not rely on what "
            "was closed since the last green run.",
            **count,
        ),
    ]


def _otherwise(one: Outcome) -> Message:
    return say(
        "{canary} ({title}): planned {planned}; came {came}. {remedy}",
        canary=one.name or "–",
        title=title(one),
        planned=_facts(one.planned),
        came=_facts(one.came),
        remedy=_REMEDIES[one.group],
    )


def title(one: Outcome) -> Message:
    """What a canary is; found on no canary's page or transaction: nobody's."""
    return TITLES.get(one.name) or say("found where nothing was planted")


def _facts(facts: tuple[Fact, ...]) -> tuple[Message, ...]:
    return tuple(map(_fact, facts)) or (say("nothing on the list"),)


def _fact(fact: Fact) -> Message:
    where = fact.page or say("the transaction")
    if fact.what == MATCHED:
        return say("{page} matched", page=where)
    if fact.what == DOUBT:
        return say("{page} doubted: “{doubt}”", page=where, doubt=DOUBTS[fact.detail or ""])
    kind = KINDS[DiscrepancyKind(fact.what)]
    if fact.detail is None:
        return say("{kind} ({page})", kind=kind, page=where)
    detail = FIELDS.get(fact.detail, fact.detail)
    return say("{kind} ({page}: {detail})", kind=kind, page=where, detail=detail)


def as_contract(made: CanaryRun, lang: str) -> dict[str, Any]:
    """Return a run as JSON-ready types; sentences are in ``lang``."""
    return {
        "day": made.day.isoformat(),
        "at": made.at.astimezone(ZONE).isoformat(timespec="seconds"),
        "green": made.green,
        "counts": dict(counts(made.outcomes)),
        "left_out": list(made.left_out),
        "fault": made.fault and made.fault.in_language(lang),
        "canaries": [
            {
                "name": one.name or None,
                "group": str(one.group),
                "title": title(one).in_language(lang),
                "as_planned": one.as_planned,
                "planned": [fact._asdict() for fact in one.planned],
                "came": [fact._asdict() for fact in one.came],
                "message": None if one.as_planned else _otherwise(one).in_language(lang),
            }
            for one in made.outcomes
        ],
    }

"""What the stores hold, and whether it is all there."""

from __future__ import annotations

import json
from collections.abc import Callable

import typer

from flows.commands import drilling, storage_check, storage_locks
from flows.commands.session import Session
from flows.parts import Parts, open_parts
from flows.storage_status import PlaceStatus, StorageStatus, as_json, storage_status
from flows.terminal import Terminal, moment, size
from pipeline.copies import PLACES, CopyState
from pipeline.language import Message, say

_STATES: dict[CopyState, Callable[[int], Message]] = {
    CopyState.INTACT: lambda count: say("{count} read and whole", count=count),
    CopyState.LISTED: lambda count: say("{count} not read yet", count=count),
    CopyState.OWED: lambda count: say("{count} owed", count=count),
    CopyState.DAMAGED: lambda count: say("{count} damaged", count=count),
    CopyState.MISSING: lambda count: say("{count} missing", count=count),
}


def add_commands(app: typer.Typer) -> None:
    """Add the commands of storage."""
    storage = typer.Typer(
        help="The copies of everything kept: how they stand.", no_args_is_help=True
    )
    storage.command("status")(status)
    storage.command("debts")(list_debts)
    storage.command("verify")(storage_check.verify)
    storage.command("sweep")(storage_check.sweep)
    storage.command("nightly")(storage_check.nightly)
    storage.command("self-test")(storage_locks.self_test)
    storage.command("settle")(storage_check.settle)
    storage.command("drill")(drilling.drill)
    storage.command("drills")(drilling.list_drills)
    app.add_typer(storage, name="storage")


def status(
    context: typer.Context,
    as_json_: bool = typer.Option(False, "--json", help="As JSON, for other programs."),
) -> None:
    """Tell objects and bytes of each copy, and which was not read in full for longest."""
    session: Session = context.obj
    with open_parts(session.workspace) as parts:
        found = storage_status(parts)
    if as_json_:
        session.terminal.raw(json.dumps(as_json(found), ensure_ascii=False, indent=2))
    else:
        _tell(session.terminal, found)


def list_debts(context: typer.Context) -> None:
    """List what came in while the replica was down and is owed to it; it is paid first when it is back."""
    session: Session = context.obj
    with open_parts(session.workspace) as parts:
        debts = parts.catalog.debts.all()
    if not debts:
        session.terminal.tell(say("No store is owed anything."))
        return
    session.terminal.table(
        say("{count} objects are owed", count=len(debts)),
        (say("Copy"), say("Since"), say("Size"), say("Page"), say("Object")),
        [
            (
                PLACES[one.place].in_language(session.terminal.lang),
                moment(one.since),
                size(one.byte_count),
                f"{one.day} {one.branch} {one.name}" if one.name else "–",
                one.key,
            )
            for one in debts
        ],
    )


def tell_debts(terminal: Terminal, parts: Parts) -> None:
    """Tell beside the results when something is owed."""
    if count := parts.catalog.debts.count():
        terminal.note(
            say(
                "The hot replica was down and is owed {count} objects; have it started: the next run gives "
                "them first (“paperproof storage debts”).",
                count=count,
            )
        )


def _tell(terminal: Terminal, found: StorageStatus) -> None:
    terminal.table(
        say("{count} objects are kept, {size}", count=found.objects, size=size(found.byte_count)),
        (say("Copy"), say("Objects"), say("Size"), say("Longest not read"), say("State")),
        [_row(one, terminal.lang) for one in found.places],
    )
    storage_locks.tell_locks(terminal, found.tested, found.lock_days)
    _tell_verified(terminal, found)
    _tell_lost(terminal, found)


def _tell_verified(terminal: Terminal, found: StorageStatus) -> None:
    if (last := found.last_verification) is None:
        terminal.tell(
            say(
                "No copy was verified since it was stored; run “paperproof storage nightly” each night."
            )
        )
        return
    terminal.tell(
        say(
            "Last verified {at}: {copies} copies, {bad} bad, {healed} repaired.",
            at=moment(last.at),
            copies=last.copies,
            bad=last.bad,
            healed=last.healed,
        )
    )
    if found.overdue:
        terminal.tell(
            say(
                "Some copies were not read in full for more than {days} days; see that “paperproof storage "
                "nightly” runs each night.",
                days=found.within_days,
            )
        )


def _tell_lost(terminal: Terminal, found: StorageStatus) -> None:
    """The objects of which nothing good is left, each with the name of who scanned it."""
    if found.lost:
        terminal.table(
            say("CRITICAL: {count} objects without a good copy", count=len(found.lost)),
            (
                say("Since"),
                say("Branch"),
                say("Day"),
                say("Page"),
                say("Scan again"),
                say("Object"),
            ),
            [
                (
                    moment(one.since),
                    *(
                        (one.came.branch, str(one.came.day), one.came.name, one.came.operator)
                        if one.came
                        else ("–", "–", "–", "–")
                    ),
                    one.key,
                )
                for one in found.lost
            ],
        )


def _row(one: PlaceStatus, lang: str) -> tuple[str, ...]:
    states = (_STATES[state](count).in_language(lang) for state, count in one.states.items())
    return (
        PLACES[one.place].in_language(lang),
        str(one.objects),
        size(one.byte_count),
        moment(one.oldest_unverified),
        " · ".join(states) or "–",
    )

"""What the stores hold, and whether it is all there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import typer

from catalog.storage_status import PlaceStatus, StorageStatus, as_json, storage_status
from flows import last_tested
from flows.commands import (
    drilling,
    storage_check,
    storage_holds,
    storage_lifecycle,
    storage_locks,
    storage_retrieve,
)
from flows.commands.session import Session
from flows.parts import Parts
from flows.terminal import Terminal, moment
from pipeline.clocks import ZONE
from pipeline.copies import PLACES, CopyState, size
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.signature import KnownKeys

_STATES: dict[CopyState, Callable[[int], Message]] = {
    CopyState.INTACT: lambda count: say("{count} read and whole", count=count),
    CopyState.LISTED: lambda count: say("{count} not read yet", count=count),
    CopyState.OWED: lambda count: say("{count} owed", count=count),
    CopyState.REMOVED: lambda count: say("{count} removed as approved", count=count),
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
    storage.command("report")(report)
    storage.command("drill")(drilling.drill)
    storage.command("drills")(drilling.list_drills)
    storage_holds.add_commands(storage)
    storage_lifecycle.add_commands(storage)
    storage_retrieve.add_commands(storage)
    app.add_typer(storage, name="storage")


def status(
    context: typer.Context,
    as_json_: bool = typer.Option(False, "--json", help="As JSON, for other programs."),
) -> None:
    """Tell objects and bytes of each copy, and which was not read in full for longest."""
    session: Session = context.obj
    with session.open_parts() as parts:
        found = storage_status(parts.catalog, parts.settings.verify.within_days)
        rules, lock_days = parts.settings.drill, parts.settings.lock_days
        tested = last_tested.last_tested(parts.settings, parts.catalog)
    if as_json_:
        told = {**as_json(found), "locks": last_tested.as_json(tested)}
        session.terminal.raw(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell_places(session.terminal, found)
        storage_locks.tell_locks(session.terminal, tested, lock_days)
        _tell_verified(session.terminal, found)
        _tell_behind(session.terminal, found)
        _tell_lost(session.terminal, found)
        _tell_in_volumes_only(session.terminal, found)
        drilling.tell_due(session.terminal, found.last_drill, rules)


def report(
    context: typer.Context,
    out: Path = typer.Option(..., "--out", help="File to write: .html or .csv."),
) -> None:
    """Write the report on the copies: figures, faults, verifications, debts, drills."""
    from catalog.reports import storage as report_of  # templates take their time to load

    session: Session = context.obj
    writers = {".html": report_of.as_html, ".csv": report_of.as_csv}
    if out.suffix not in writers:
        raise UserError(say("{name} is neither .html nor .csv; name the file so.", name=out.name))
    with session.open_parts() as parts:
        made = report_of.storage_report(
            parts.catalog,
            storage_status(parts.catalog, parts.settings.verify.within_days),
            institution=parts.settings.institution,
            lang=session.named_language or "zh",
            generated_at=datetime.now(ZONE),
            rto_hours=parts.settings.drill.rto_hours,
            locks=storage_locks.locks_told(
                last_tested.last_tested(parts.settings, parts.catalog), parts.settings.lock_days
            ),
            keys=KnownKeys.beside(parts.workspace.signing_key),
        )
    partial = out.with_name(f".{out.name}.part{out.suffix}")
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(writers[out.suffix](made), "utf-8", newline="")
    partial.replace(out)  # whole or not at all
    session.terminal.tell(say("Report: {path}", path=out))


def list_debts(context: typer.Context) -> None:
    """List what came in while the replica was down and is owed to it; it is paid first when it is back."""
    session: Session = context.obj
    with session.open_parts() as parts:
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


def _tell_places(terminal: Terminal, found: StorageStatus) -> None:
    terminal.table(
        say("{count} objects are kept, {size}", count=found.objects, size=size(found.byte_count)),
        (say("Copy"), say("Objects"), say("Size"), say("Longest not read"), say("State")),
        [_row(one, terminal.lang) for one in found.places],
    )


def _tell_behind(terminal: Terminal, found: StorageStatus) -> None:
    """What is owed, how far the catalog in the stores is behind, and the last drill."""
    if found.debts:
        terminal.tell(
            say("{count} objects are owed; see “paperproof storage debts”.", count=found.debts)
        )
    terminal.tell(
        say(
            "Last catalog bundle {at}; {count} changes are in none yet.",
            at=moment(found.unbundled.last_at),
            count=found.unbundled.changes,
        )
    )
    if found.last_drill:
        told = (
            say("Last restore drill {at}: everything came back.", at=moment(found.last_drill.at))
            if found.last_drill.passed
            else say(
                "Last restore drill {at}: FAILED; see “paperproof storage drills”.",
                at=moment(found.last_drill.at),
            )
        )
        terminal.tell(told)


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


def _tell_in_volumes_only(terminal: Terminal, found: StorageStatus) -> None:
    """The objects that must be fetched from a cold volume, each with where the volume lies."""
    if found.in_volumes_only:
        terminal.table(
            say(
                "CRITICAL: {count} objects are left in cold volumes only; mount the carrier and run "
                "“paperproof storage verify --carrier FOLDER”",
                count=len(found.in_volumes_only),
            ),
            (say("Since"), say("Volume"), say("Carriers"), say("Page"), say("Object")),
            [
                (
                    moment(one.since),
                    one.volume or "–",
                    ", ".join(found.carriers.get(one.volume or "", ())) or "–",
                    f"{one.came.day} {one.came.branch} {one.came.name}" if one.came else "–",
                    one.key,
                )
                for one in found.in_volumes_only
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

"""Restore drills: held, listed, their signatures checked."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from catalog.drills import Drill
from flows.commands.session import Session
from flows.encrypting import must_be_open
from flows.flow_engine import flow_engine
from flows.parts import Parts
from flows.store_settings import DrillSettings
from flows.terminal import Terminal
from pipeline.clocks import ZONE
from pipeline.copies import Place, size
from pipeline.errors import StoreError, UserError
from pipeline.language import Message, say
from pipeline.signature import KnownKeys, Signer, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.stores import Stores
    from storage.store import Store
    from storage.volumes import ColdShelf

    ShelfToRestore = Store | ColdShelf

_FAILED = 1
_VERDICTS = {
    Verdict.HOLDS: say("holds"),
    Verdict.OTHER_KEY: say("SIGNED WITH ANOTHER KEY"),
    Verdict.BROKEN: say("DOES NOT HOLD"),
}
_AS = typer.Option(None, "--as", help="Who holds the drill (this account).")


def drill(
    context: typer.Context,
    source: str = typer.Option(
        "replica", "--from", help="Copy to restore from: replica, primary or cold."
    ),
    into: Path = typer.Option(None, "--into", help="An empty folder (drill/ in the workspace)."),
    name: str = _AS,
) -> None:
    """Restore everything into an empty place from one copy, compare it, and keep a signed record."""
    from flows.restore import keep_records  # storage's other commands need no store
    from flows.stores import open_stores

    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        signer = Signer.of(parts.workspace.signing_key)
        with (
            _empty_place(parts, into) as place,
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False) as stores,
        ):
            shelf, other = _shelves(stores, source)
            removed = len(parts.catalog.removals.at(Place(source)))
            if source == Place.COLD.value:
                _pack(session.terminal, parts, stores, who)
            done, faults = _held(
                session.terminal, parts, Place(source), (shelf, other), place, signer, who
            )
            refused = keep_records(parts.catalog, stores.vault)
            if done.passed and into is None:
                shutil.rmtree(place)
    for fault in faults:
        session.terminal.tell(fault)
    for fault in refused:
        session.terminal.tell(
            say(
                "The record stands in the catalog; the stores get it with the next drill or night: {why}",
                why=fault,
            )
        )
    _tell(session.terminal, done, shelf.describe(), parts.settings.drill)
    if removed:
        session.terminal.tell(
            say(
                "{count} objects were removed from this copy as approved; hold the next drill from another "
                "copy too.",
                count=removed,
            )
        )
    if not done.passed:
        raise typer.Exit(_FAILED)


def list_drills(
    context: typer.Context,
    as_json: bool = typer.Option(False, "--json", help="As JSON, for other programs."),
) -> None:
    """List the drills that were held, and check the signature of each."""
    session: Session = context.obj
    with session.open_parts() as parts:
        drills = parts.catalog.drills.all()
        rules = parts.settings.drill
        keys = KnownKeys.beside(parts.workspace.signing_key)
    if as_json:
        told = [_plain(one, one.verdict(keys)) for one in drills]
        session.terminal.raw(json.dumps(told, ensure_ascii=False, indent=2))
    elif drills:
        _tell_list(session.terminal, drills, keys)
    tell_due(session.terminal, drills[0] if drills else None, rules)


def tell_due(terminal: Terminal, last: Drill | None, rules: DrillSettings) -> None:
    """Say when no drill was held for longer than the settings allow."""
    if last is None:
        terminal.note(say("No restore drill was held yet; run “paperproof storage drill”."))
    elif last.at < datetime.now(UTC) - timedelta(days=rules.within_days):
        terminal.note(
            say(
                "The last restore drill was on {day}, more than {days} days ago; run “paperproof storage "
                "drill”.",
                day=f"{last.at.astimezone(ZONE):%Y-%m-%d}",
                days=rules.within_days,
            )
        )


def _held(
    terminal: Terminal,
    parts: Parts,
    source: Place,
    shelves: tuple[ShelfToRestore, Store | None],
    place: Path,
    signer: Signer,
    who: str,
) -> tuple[Drill, list[Message]]:
    from flows.restore import Drilling, behind, record

    seconds_behind = behind(parts.catalog)
    with flow_engine(parts.workspace.prefect), terminal.progress(say("Restoring")) as bar:
        from flows import nightly

        drilling = Drilling(
            parts.catalog,
            shelves[0],
            place,
            bar,
            against=shelves[1],
            source_place=source,
            against_place=Place.REPLICA if source is Place.PRIMARY else Place.PRIMARY,
        )
        restored = nightly.restore_drill(drilling)
    done = record(drilling, restored, seconds_behind, signer, who)
    return done, restored.faults


def _pack(terminal: Terminal, parts: Parts, stores: Stores, who: str) -> None:
    """Pack what waits for its volume, so that the volumes alone hold everything."""
    from flows.packing import Packing, pack

    with terminal.progress(say("Packing")) as bar:
        done = pack(Packing(parts, stores, who, bar), everything=True, own_acts=True)
    for fault in done.left:
        terminal.tell(fault)


def _shelves(stores: Stores, source: str) -> tuple[ShelfToRestore, Store | None]:
    """The copy to restore from, and another one to compare with where it answers."""
    primary, replica = stores.vault.primary, stores.vault.replica
    pairs: dict[str, tuple[ShelfToRestore, Store]] = {
        Place.PRIMARY.value: (primary, replica),
        Place.REPLICA.value: (replica, primary),
        Place.COLD.value: (stores.cold, primary),
    }
    if source not in pairs:
        raise UserError(
            say("There is no store {name}; say {names}.", name=source, names=", ".join(pairs))
        )
    shelf, other = pairs[source]
    shelf.check()
    if shelf is stores.cold:
        must_be_open(stores.cold)
    try:
        other.check()
    except StoreError:
        return shelf, None
    return shelf, other


@contextmanager
def _empty_place(parts: Parts, into: Path | None) -> Iterator[Path]:
    """The folder to restore into; the workspace's own is emptied, one that was named must be empty."""
    place = into or parts.workspace.drill
    if into is None:
        shutil.rmtree(place, ignore_errors=True)
    elif into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UserError(say("{folder} is not an empty folder; name another one.", folder=into))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield place


def _tell(terminal: Terminal, done: Drill, source: Message, rules: DrillSettings) -> None:
    summary = {
        "objects": done.objects,
        "size": size(done.byte_count),
        "rows": done.rows,
        "source": source,
        "seconds": done.seconds,
        "faults": len(done.faults),
    }
    terminal.tell(
        say(
            "Restored from {source} in {seconds} s: {objects} objects ({size}) and a catalog of {rows} rows, "
            "all as they are in use. The record is signed.",
            **summary,
        )
        if done.passed
        else say(
            "Restored from {source} in {seconds} s with {faults} faults: {objects} objects ({size}) and a "
            "catalog of {rows} rows. What was restored stays where it is; the record is signed.",
            **summary,
        )
    )
    if done.seconds > rules.rto_hours * 3600:
        terminal.tell(
            say("That is longer than the {hours} hours it may take.", hours=rules.rto_hours)
        )
    if done.behind_seconds > rules.rpo_hours * 3600:
        terminal.tell(
            say(
                "The catalog in the stores was older than the {hours} hours it may be; run “paperproof "
                "storage nightly” each night.",
                hours=rules.rpo_hours,
            )
        )


def _tell_list(terminal: Terminal, drills: tuple[Drill, ...], keys: KnownKeys) -> None:
    terminal.table(
        say("{count} restore drills", count=len(drills)),
        (
            say("When"),
            say("Who"),
            say("Objects"),
            say("Size"),
            say("Seconds"),
            say("Faults"),
            say("Signature"),
            say("Copy"),
        ),
        [
            (
                f"{one.at.astimezone(ZONE):%Y-%m-%d %H:%M}",
                one.who,
                str(one.objects),
                size(one.byte_count),
                str(one.seconds),
                str(len(one.faults)),
                _VERDICTS[one.verdict(keys)].in_language(terminal.lang),
                one.source,
            )
            for one in drills
        ],
    )
    if any(one.verdict(keys) is Verdict.OTHER_KEY for one in drills):
        terminal.note(
            say(
                "What was signed with another key was not made here, or {path} lacks the key; compare it "
                "with its safe copy.",
                path=keys.path,
            )
        )


def _plain(one: Drill, verdict: Verdict) -> dict[str, object]:
    told = {"signed": verdict is Verdict.HOLDS, "signature": verdict, "passed": one.passed}
    return {**json.loads(one.content()), **told}

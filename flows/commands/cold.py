"""Cold volumes: packed, listed, read back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import typer

from catalog.copies import WaitingCount
from catalog.volumes import Volume
from flows.commands.carriers import add_carriers
from flows.commands.cold_keys import add_keys
from flows.commands.labels import label
from flows.commands.reading_back import last_test, mend_all, place_of, read_all, volumes_to_read
from flows.commands.session import Session
from flows.parts import Parts
from flows.terminal import moment
from pipeline.carriers import Carrier
from pipeline.copies import size
from pipeline.errors import UserError
from pipeline.language import Message, say
from storage.bags import VolumeCheck
from storage.store import NoteKind
from storage.volumes import ColdShelf

_FAILED = 1
_LEFT_TO_DO = 3
_AS = typer.Option(None, "--as", help="Who does it (this account).")
_KINDS = {
    "made": say("made"),
    "checked": say("read back, whole"),
    "failed": say("read back, BAD"),
    "lost": say("given up"),
    "leaving": say("to be destroyed"),
}


def add_commands(app: typer.Typer) -> None:
    """Add the commands of cold volumes."""
    cold = typer.Typer(
        help="Cold volumes: packages that are read without Paperproof.", no_args_is_help=True
    )
    cold.command("pack")(pack_now)
    cold.command("list")(list_volumes)
    cold.command("check")(check)
    cold.command("label")(label)
    add_keys(cold)
    add_carriers(cold)
    app.add_typer(cold, name="cold")


def pack_now(context: typer.Context, name: str = _AS) -> None:
    """Pack everything that has no cold copy yet, without waiting for a full volume."""
    from flows.packing import Packing, pack
    from flows.stores import open_stores

    session: Session = context.obj
    who = session.acting(name)
    with (
        session.open_parts() as parts,
        open_stores(parts.workspace, parts.settings, parts.catalog) as stores,
        session.terminal.progress(say("Packing")) as bar,
    ):
        done = pack(Packing(parts, stores, who, bar), everything=True)
    for fault in (*done.left, *done.notes):
        session.terminal.tell(fault)
    for made in done.volumes:
        session.terminal.tell(_made(made, parts))
    if not done.volumes:
        session.terminal.tell(say("Everything has its cold copy; there was nothing to pack."))
    if done.left:
        raise typer.Exit(_LEFT_TO_DO)


def list_volumes(context: typer.Context) -> None:
    """List the volumes, what was done with each last, and where each lies."""
    session: Session = context.obj
    with session.open_parts() as parts:
        volumes, acts = parts.catalog.volumes.all(), parts.catalog.volumes.acts()
        waiting = parts.catalog.copies.waiting()
        carriers = parts.catalog.carriers.all()
        shelf = ColdShelf(parts.workspace.cold(parts.settings)).everything()
    last = {act.volume: act for act in acts}
    lang = session.terminal.lang
    if volumes:
        session.terminal.table(
            say("{count} cold volumes", count=len(volumes)),
            (
                say("Volume"),
                say("Objects"),
                say("Size"),
                say("Made"),
                say("Last"),
                say("When"),
                say("Who"),
                say("Where it lies"),
            ),
            [
                (
                    one.name,
                    str(one.objects),
                    size(one.byte_count),
                    moment(one.made_at),
                    _KINDS[last[one.name].kind].in_language(lang),
                    moment(last[one.name].at),
                    last[one.name].who,
                    "; ".join(_where(one, shelf, carriers, lang)) or "–",
                )
                for one in volumes
            ],
        )
    else:
        session.terminal.tell(say("There is no cold volume yet; closing a day makes one."))
    if waiting:
        session.terminal.tell(_waits(waiting))


def _waits(waiting: Sequence[WaitingCount]) -> Message:
    counted = {
        "count": sum(one.objects for one in waiting),
        "size": size(sum(one.byte_count for one in waiting)),
    }
    if all(one.kind == NoteKind.CATALOG for one in waiting):
        return say(
            "{count} bundles of the catalog's entries ({size}) go into the next volume; those of packing "
            "itself wait until there is more to pack.",
            **counted,
        )
    return say(
        "{count} objects ({size}) wait for their volume; “paperproof cold pack” packs them now.",
        **counted,
    )


def _where(
    volume: Volume, shelf: Collection[str], carriers: Iterable[Carrier], lang: str
) -> Iterator[str]:
    """Where a volume lies: on the shelf, on which carriers, and how each was read last."""
    name = volume.name
    if volume.sealed:
        yield say("encrypted").in_language(lang)
    if name in shelf:
        yield say("on the shelf").in_language(lang)
    for one in carriers:
        if one.in_use and name in one.holdings:
            yield f"{one.number} ({last_test(one.holdings[name]).in_language(lang)})"


def check(
    context: typer.Context,
    volume: str = typer.Argument(
        None, help="Name of a volume, PP-000001; none: all that are there."
    ),
    place: Path = typer.Option(
        None, "--at", help="Where a carrier is mounted (the workspace's own folder)."
    ),
    carrier: str = typer.Option(
        None, "--carrier", help="Number of the carrier that is mounted there."
    ),
    repair_into: Path = typer.Option(
        None, "--repair-into", help="Mend damaged volumes from their parity in this new folder."
    ),
    name: str = _AS,
) -> None:
    """Read volumes in full, hold them against their digests and the register, and enter what was found."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        reading = place_of(parts, place, carrier)
        names = (volume,) if volume else volumes_to_read(parts, reading)
        if not names:
            raise UserError(
                say(
                    "{store} holds no volume; mount the carrier first.",
                    store=reading.shelf.describe(),
                )
            )
        bad = read_all(session, parts, reading, names, who)
        mended = bool(repair_into) and mend_all(session, parts, reading, bad, repair_into, who)
    if bad:
        raise typer.Exit(_LEFT_TO_DO if mended else _FAILED)


def _made(made: VolumeCheck, parts: Parts) -> Message:
    return say(
        "Volume {name} in {folder}: {files} files, {size}, read back. Copy its folder to a carrier.",
        name=made.name,
        folder=parts.workspace.cold(parts.settings),
        files=made.files,
        size=size(made.byte_count),
    )

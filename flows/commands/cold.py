"""Cold volumes: packed, listed, read back."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.commands.session import Session, acting
from flows.parts import Parts, open_parts
from flows.terminal import Terminal
from pipeline.clocks import ZONE
from pipeline.copies import size
from pipeline.errors import UserError
from pipeline.language import Message, say
from storage.volumes import ColdShelf, VolumeCheck

_FAILED = 1
_LEFT_TO_DO = 3
_AS = typer.Option(None, "--as", help="Who does it (this account).")
_KINDS = {"made": say("made"), "checked": say("read back, whole"), "failed": say("read back, BAD")}


def add_commands(app: typer.Typer) -> None:
    """Add the commands of cold volumes."""
    cold = typer.Typer(
        help="Cold volumes: packages that are read without Paperproof.", no_args_is_help=True
    )
    cold.command("pack")(pack_now)
    cold.command("list")(list_volumes)
    cold.command("check")(check)
    app.add_typer(cold, name="cold")


def pack_now(context: typer.Context, name: str = _AS) -> None:
    """Pack everything that has no cold copy yet, without waiting for a full volume."""
    from flows.packing import Packing, pack
    from flows.stores import open_stores

    session: Session = context.obj
    who = acting(name)
    with (
        open_parts(session.workspace) as parts,
        open_stores(parts.workspace, parts.settings, parts.catalog) as stores,
        session.terminal.progress(say("Packing")) as bar,
    ):
        done = pack(Packing(parts, stores, who, bar), everything=True)
    for fault in done.left:
        session.terminal.tell(fault)
    for made in done.volumes:
        session.terminal.tell(_made(made, parts))
    if not done.volumes:
        session.terminal.tell(say("Everything has its cold copy; there was nothing to pack."))
    if done.left:
        raise typer.Exit(_LEFT_TO_DO)


def list_volumes(context: typer.Context) -> None:
    """List the volumes, and what was done with each last."""
    session: Session = context.obj
    with open_parts(session.workspace) as parts:
        volumes, acts = parts.catalog.volumes.all(), parts.catalog.volumes.acts()
        waiting = parts.catalog.copies.not_in_volume()
    last = {act.volume: act for act in acts}
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
            ),
            [
                (
                    one.name,
                    str(one.objects),
                    size(one.byte_count),
                    f"{one.made_at.astimezone(ZONE):%Y-%m-%d %H:%M}",
                    _KINDS[last[one.name].kind].in_language(session.terminal.lang),
                    f"{last[one.name].at.astimezone(ZONE):%Y-%m-%d %H:%M}",
                    last[one.name].who,
                )
                for one in volumes
            ],
        )
    else:
        session.terminal.tell(say("There is no cold volume yet; closing a day makes one."))
    if waiting:
        session.terminal.tell(
            say(
                "{count} objects ({size}) wait for their volume; “paperproof cold pack” packs them now.",
                count=len(waiting),
                size=size(sum(one.byte_count for one in waiting)),
            )
        )


def check(
    context: typer.Context,
    volume: str = typer.Argument(
        None, help="Name of a volume, PP-000001; none: all that are there."
    ),
    place: Path = typer.Option(
        None, "--at", help="Where a carrier is mounted (the workspace's own folder)."
    ),
    name: str = _AS,
) -> None:
    """Read volumes in full, hold every file against its digests, and enter what was found."""
    session: Session = context.obj
    who = acting(name)
    with open_parts(session.workspace) as parts:
        shelf = ColdShelf(place or parts.workspace.cold(parts.settings))
        names = (volume,) if volume else shelf.volumes()
        if not names:
            raise UserError(
                say("{store} holds no volume; mount the carrier first.", store=shelf.describe())
            )
        bad = 0
        with session.terminal.progress(say("Reading back")) as bar:
            bar.total(len(names))
            for one in names:
                found = shelf.verify(one)
                parts.catalog.volumes.checked(one, str(shelf.describe()), found.faults, who)
                bar.step(say("read {name}", name=one))
                bad += not found.whole
                _tell_check(session.terminal, found)
    if bad:
        raise typer.Exit(_FAILED)


def _tell_check(terminal: Terminal, found: VolumeCheck) -> None:
    if found.whole:
        terminal.tell(
            say(
                "Volume {name} is whole: {files} files, {size}.",
                name=found.name,
                files=found.files,
                size=size(found.byte_count),
            )
        )
        return
    for fault in found.faults:
        terminal.raw(f"{found.name}: {fault}")
    terminal.tell(
        say(
            "Volume {name} has {count} faults; set this copy apart, use another one, and run “paperproof "
            "storage verify” so that what is bad is packed again.",
            name=found.name,
            count=len(found.faults),
        )
    )


def _made(made: VolumeCheck, parts: Parts) -> Message:
    return say(
        "Volume {name} in {folder}: {files} files, {size}, read back. Copy its folder to a carrier.",
        name=made.name,
        folder=parts.workspace.cold(parts.settings),
        files=made.files,
        size=size(made.byte_count),
    )

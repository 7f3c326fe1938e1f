"""Keys of encrypted cold volumes: who holds them, and opening a volume."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.session import Session, said
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.errors import Corrupt, UserError
from pipeline.language import say

_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")


def add_keys(cold: typer.Typer) -> None:
    """Add cold key add and list, and cold open."""
    key = typer.Typer(help="Who holds the keys that open encrypted volumes.", no_args_is_help=True)
    key.command("add")(add)
    key.command("list")(list_keys)
    cold.add_typer(key, name="key")
    cold.command("open")(open_volume)


def add(
    context: typer.Context,
    recipient: str = typer.Argument(metavar="PUBLIC_KEY", help="The public key, age1…"),
    holder: str = typer.Option(..., "--holder", help="Who holds the private key."),
    second_copy: str = typer.Option(..., "--second-copy", help="Where its second copy lies."),
    name: str = _AS,
) -> None:
    """Write down who holds a key and where its second copy is; the private key itself is never given here."""
    from storage.sealing import checked_recipient

    session: Session = context.obj
    who, key = session.acting(name), checked_recipient(recipient)
    held = said(holder, say("Say with --holder who holds the private key."))
    copy = said(second_copy, say("Say with --second-copy where its second copy lies."))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        new = parts.catalog.cold_keys.add(key, held, copy, who)
    session.terminal.tell(
        say("The custody of {key} is written down.", key=key)
        if new
        else say("The custody of {key} was written down so already.", key=key)
    )


def list_keys(context: typer.Context) -> None:
    """List the keys, who holds each, and for which of them volumes are encrypted now."""
    session: Session = context.obj
    with session.open_parts() as parts:
        keys = {one.recipient: one for one in parts.catalog.cold_keys.all()}
        now = parts.settings.volumes.encrypt_for
    wanted = [*keys, *(one for one in now if one not in keys)]
    if not wanted:
        session.terminal.tell(say("Volumes are not encrypted, and no key is written down."))
        return
    lang = session.terminal.lang
    rows = []
    for key in wanted:
        one = keys.get(key)
        use = say("in use") if key in now else say("for older volumes")
        told = (one.holder, one.second_copy, moment(one.at), one.who) if one else ("–",) * 4
        rows.append((use.in_language(lang), *told, key))
    head = (say("State"), say("Holder"), say("Second copy"), say("When"), say("Who"), say("Key"))
    session.terminal.table(say("{count} keys", count=len(rows)), head, rows)


def open_volume(
    context: typer.Context,
    file: Path = typer.Argument(metavar="FILE", help="The encrypted volume, PP-000001.tar.age."),
    identity: Path = typer.Option(..., "--identity", help="File with the private key of age."),
    into: Path = typer.Option(..., "--into", help="Folder that the volume is unpacked into."),
) -> None:
    """Open an encrypted volume and read it in full; needs no workspace."""
    from storage.sealing import AGE, unseal
    from storage.volumes import ColdShelf, is_volume_name

    session: Session = context.obj
    name = file.name.removesuffix(AGE)
    if not file.is_file() or not file.name.endswith(AGE) or not is_volume_name(name):
        raise UserError(
            say("{file} is no encrypted volume; name a file such as PP-000001.tar.age.", file=file)
        )
    place = unseal(file, identity, into)
    found = ColdShelf(into).verify(name)
    if not found.whole:
        raise Corrupt(
            say(
                "{file} was opened into {place}, but is not whole ({fault}); take another copy of it.",
                file=file,
                place=place,
                fault=found.faults[0],
            )
        )
    session.terminal.tell(
        say(
            "{name} is opened into {place} and whole: {files} files. “paperproof rebuild-catalog --from "
            "{folder}” reads it; remove it when it is no longer needed.",
            name=name,
            place=place,
            files=found.files,
            folder=into,
        )
    )

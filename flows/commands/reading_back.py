"""What the commands that read volumes back share: where to read, which, and how to tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.commands.session import Session
from flows.parts import Parts
from flows.read_back import VolumePlace, read_back
from flows.terminal import Terminal, moment
from pipeline.carriers import Holding
from pipeline.copies import size
from pipeline.errors import PaperproofError, UserError
from pipeline.language import Message, say
from storage.bags import VolumeCheck
from storage.volumes import ColdShelf


def place_of(parts: Parts, folder: Path | None, carrier: str | None) -> VolumePlace:
    """Say where volumes are read: in the workspace, or in a folder where a carrier is mounted.

    Raises UserError when a carrier is named and the folder is the workspace's own: its test would prove
    the wrong copy.
    """
    own_folder = parts.workspace.cold(parts.settings)
    own = ColdShelf(own_folder)
    if folder is None or folder.resolve() == own_folder.resolve():
        if carrier:
            raise UserError(
                say(
                    "Name with --at where the carrier {number} is mounted; the workspace's own volumes are "
                    "not on it.",
                    number=carrier,
                )
            )
        return VolumePlace(own, own)
    if carrier:
        parts.catalog.carriers.one(carrier)
    return VolumePlace(ColdShelf(folder), own, carrier)


def volumes_to_read(parts: Parts, place: VolumePlace) -> tuple[str, ...]:
    """Give the volumes that are there; of a carrier those that it is said to hold."""
    if place.carrier:
        return tuple(sorted(parts.catalog.carriers.one(place.carrier).holdings))
    return place.shelf.everything()


def read_all(
    session: Session, parts: Parts, place: VolumePlace, names: Sequence[str], who: str
) -> tuple[str, ...]:
    """Read volumes back, one after the other, and tell how each is; give those that are not whole."""
    bad = []
    with session.terminal.progress(say("Reading back")) as bar:
        bar.total(len(names))
        for one in names:
            found = read_back(parts.catalog, place, one, who)
            bar.step(say("read {name}", name=one))
            if not found.whole:
                bad.append(one)
            _tell(session.terminal, found)
    return tuple(bad)


def mend_all(
    session: Session,
    parts: Parts,
    place: VolumePlace,
    names: Sequence[str],
    into: Path,
    who: str,
) -> bool:
    """Mend volumes from their parity in the folder ``into`` and read them back; True when all are whole.

    One that cannot be mended keeps no other from it.
    """
    into.mkdir(parents=True, exist_ok=True)
    mended = place_of(parts, into, None)
    whole = True
    for one in names:
        try:
            place.shelf.mend(one, into)
            found = read_back(parts.catalog, mended, one, who)
        except PaperproofError as error:
            session.terminal.tell(error.message)
            whole = False
            continue
        _tell(session.terminal, found)
        if found.whole:
            session.terminal.tell(
                say(
                    "{name} is mended from its parity: copy it from {folder} to a new carrier, enter that "
                    "with “paperproof cold written”, and keep the damaged one apart.",
                    name=one,
                    folder=into,
                )
            )
        whole &= found.whole
    return whole


def last_test(held: Holding) -> Message:
    """Tell how a volume on a carrier was read last."""
    if held.tested_at is None:
        return say("never read back")
    if held.good:
        return say("read {moment}, whole", moment=moment(held.tested_at))
    return say("read {moment}, BAD", moment=moment(held.tested_at))


def _tell(terminal: Terminal, found: VolumeCheck) -> None:
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
            "Volume {name} has {count} faults; set this copy apart and use another one. What has no other "
            "cold copy is packed again at the next closing.",
            name=found.name,
            count=len(found.faults),
        )
    )

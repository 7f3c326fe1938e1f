"""A damaged volume mended from its parity, in a new place: a carrier is never written to."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import Corrupt, UserError
from pipeline.language import say
from storage.bags import VolumeCheck, checked, close, discard, parity_of, sync_all
from storage.disk import sync_folder
from storage.parity import make_parity, mended_copy
from storage.sealing import SUFFIX, checked_sealed
from storage.sealing import parity_of as parity_of_sealed


def mended(volume: Path, name: str, into: Path) -> VolumeCheck:
    """Mend a copy of ``volume``, plain or encrypted, in the folder ``into``; needs no key.

    The copy gets new parity, is read in full and only then gets its name. Raises UserError when the volume
    has no parity or is there already, Corrupt when there is more damage than parity mends.
    """
    part, final = into / f"{volume.name}.part", into / volume.name
    if final.exists():
        raise UserError(say("{path} is there already; name another folder.", path=final))
    discard(part)
    try:
        mended_copy(volume, part)
        found = _with_parity(part, name, sealed=volume.suffix == SUFFIX)
    except BaseException:
        discard(part)
        raise
    sync_all(part)
    part.rename(final)
    close(final)
    sync_folder(into)
    return found


def _with_parity(part: Path, name: str, *, sealed: bool) -> VolumeCheck:
    make_parity(part, name, parity_of_sealed(part) if sealed else parity_of(part))
    found = checked_sealed(part, name) if sealed else checked(part, name)
    if not found.whole:
        raise Corrupt(
            say(
                "The volume {name} is not whole after it was mended ({fault}); take another copy of it.",
                name=name,
                fault=found.faults[0],
            )
        )
    return found

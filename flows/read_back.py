"""A volume is read in full, held against the register, and what was found is entered (CG-17.5c)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalog.catalog import Catalog
from catalog.copies import Copy, KeptObject
from catalog.volumes import Volume
from pipeline.copies import CopyState, Place
from pipeline.errors import NotFound, UserError
from pipeline.language import say
from storage.bags import VolumeCheck
from storage.volumes import ColdShelf

_AT_ONCE = 2_000
"""Objects entered in one transaction."""


@dataclass(frozen=True)
class VolumePlace:
    """Where volumes are read."""

    shelf: ColdShelf
    own: ColdShelf
    """The workspace's own folder of volumes; may be the same."""
    carrier: str | None = None
    """Number of the carrier that is mounted there."""


def read_back(catalog: Catalog, place: VolumePlace, name: str, who: str) -> VolumeCheck:
    """Read one volume in full and enter what was found, of the volume, its carrier and its objects.

    Raises UserError for a volume that was never entered, or that is not said to be on the carrier; NotFound
    when it is not there (of a carrier that is a fault, and entered).
    """
    known = catalog.volumes.one(name)
    if known is None:
        raise UserError(
            say(
                "The volume {name} is not in the register, so nothing says whether it is whole; if it is of "
                "this archive, lay it into the folder of the volumes and run “paperproof cold pack”, which "
                "enters it.",
                name=name,
            )
        )
    found = against(known, _verified(place, name))
    if place.carrier:
        catalog.carriers.tested(name, place.carrier, found.faults, who)
    where = place.carrier or str(place.shelf.describe())
    manifest = found.manifest if found.whole else None
    catalog.volumes.checked(name, where, found.faults, who, manifest)
    _enter_copies(catalog, place, found)
    return found


def give_up(catalog: Catalog, own: ColdShelf, name: str, reason: str, who: str) -> int:
    """Enter that no copy of a volume can be read any more; return how many objects are to be packed again.

    Raises UserError for an unknown volume, and for one that lies plainly on the shelf.
    """
    if catalog.volumes.one(name) is None:
        raise UserError(
            say("The register has no volume {name}; see “paperproof cold list”.", name=name)
        )
    if name in own.volumes():
        raise UserError(
            say(
                "{name} lies on the shelf and can be read; run “paperproof cold check {name}”, which has "
                "what is bad packed again.",
                name=name,
            )
        )
    gone = (Copy(Place.COLD, CopyState.MISSING, name),)
    kept = catalog.volumes.objects_in(name)
    catalog.volumes.give_up(name, reason, who)
    for start in range(0, len(kept), _AT_ONCE):
        some = kept[start : start + _AT_ONCE]
        catalog.copies.enter([replace(one, copies=gone) for one in some])
    return len(kept)


def against(known: Volume, found: VolumeCheck) -> VolumeCheck:
    """Add to a check's faults where the volume differs from what was entered when it was packed."""
    faults = list(found.faults)
    if found.objects != known.objects:
        faults.append(f"index: {found.objects} objects, {known.objects} were packed")
    if known.manifest and found.manifest != known.manifest:
        faults.append("manifest-sha256.txt: not the one that was entered at packing")
    if found.sealed and found.sealed != known.sealed:
        faults.append("sha256sum.txt: not the one that was entered when the volume was encrypted")
    return replace(found, faults=tuple(faults))


def _verified(place: VolumePlace, name: str) -> VolumeCheck:
    try:
        return place.shelf.verify(name)
    except NotFound:
        if place.carrier is None:
            raise
        return VolumeCheck(name, 0, 0, ("the volume is not there",))


def _enter_copies(catalog: Catalog, place: VolumePlace, found: VolumeCheck) -> None:
    """Enter how the objects' cold copies are, when this is the copy that counts.

    That is the workspace's own; of a volume that does not lie there, the one on a carrier; of one that was
    given up none.
    """
    if found.name in catalog.volumes.given_up():
        return
    if place.shelf is not place.own:
        if place.carrier is None or not place.own.is_here:
            return
        if found.name in place.own.everything():
            return
        if not found.whole and found.name in catalog.carriers.volumes_elsewhere():
            return
    kept = catalog.volumes.objects_in(found.name)
    bad = frozenset(found.bad) if found.objects else frozenset(one.key for one in kept)
    for start in range(0, len(kept), _AT_ONCE):
        some = kept[start : start + _AT_ONCE]
        catalog.copies.enter([_with_copy(one, one.key in bad, found.name) for one in some])


def _with_copy(one: KeptObject, bad: bool, name: str) -> KeptObject:
    state = CopyState.DAMAGED if bad else CopyState.INTACT
    return replace(one, copies=(Copy(Place.COLD, state, name),))

"""Where the copies of objects must be looked for: stores, cold volumes that are here, and carriers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.catalog import Catalog
from catalog.copies import KeptObject
from pipeline.copies import CopyState, Place
from storage.looks import Wanted
from storage.volumes import ColdShelf


@dataclass(frozen=True)
class Whereabouts:
    """Where cold volumes are."""

    on_shelf: frozenset[str] | None
    """None: the disk with the volumes is not there, so that nothing is known of any."""
    carriers: Mapping[str, tuple[str, ...]]
    """Volume -> carriers in use whose last read test of it was good."""
    sealed: frozenset[str] = frozenset()
    """Encrypted volumes on the shelf: there, and nothing in them can be read; “cold check” proves them."""

    def is_gone(self, volume: str) -> bool:
        """Whether a volume is nowhere: to lie on a carrier is no excuse before it was read back there."""
        return (
            self.on_shelf is not None
            and volume not in self.on_shelf
            and volume not in self.sealed
            and volume not in self.carriers
        )


def whereabouts(catalog: Catalog, shelf: ColdShelf) -> Whereabouts:
    """Look on the shelf and into the register of carriers."""
    held = catalog.carriers.of_volumes()
    carriers = {volume: tuple(one.number for one in ones) for volume, ones in held.items()}
    on_shelf = frozenset(shelf.volumes()) if shelf.is_here else None
    return Whereabouts(on_shelf, carriers, frozenset(shelf.sealed()))


def wanted(one: KeptObject, cold: Whereabouts) -> Wanted:
    """Both stores must have it, but where it was removed, and a cold volume that is here.

    What lies on a carrier is read by hand. The copies of a volume that is gone are told with the volume.
    """
    removed = {copy.place for copy in one.copies if copy.state is CopyState.REMOVED}
    places = [place for place in (Place.PRIMARY, Place.REPLICA) if place not in removed]
    elsewhere = None
    for copy in one.copies:
        if copy.place is not Place.COLD or copy.version_id is None:
            continue
        if copy.state is CopyState.REMOVED:
            continue
        if cold.on_shelf is None or copy.version_id in cold.on_shelf:
            places.append(copy.place)
        elif copy.version_id in cold.carriers:
            elsewhere = copy.version_id
    return Wanted(one.key, one.sha256, one.byte_count, tuple(places), elsewhere)

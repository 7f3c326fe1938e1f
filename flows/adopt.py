"""What the stores list but the register does not know: from before there was one, or lost in a crash."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice

from catalog.copies import Copies, Copy, KeptObject
from pipeline.copies import CopyState, Place
from storage.store import Store, sha256_of_key
from storage.vault import Vault

_AT_ONCE = 500
"""Keys looked up and entered at a time, so that memory stays flat."""


def adopt(vault: Vault, copies: Copies) -> int:
    """Enter what either store lists and the register does not know; return how many objects.

    Nothing is read here: the copies are entered as listed, and the verification reads them first.
    """
    shelves = {Place.PRIMARY: vault.primary, Place.REPLICA: vault.replica}
    listed = merge(*(_listed(place, store) for place, store in shelves.items()))
    held = ((key, {place for _, place in found}) for key, found in groupby(listed, lambda x: x[0]))
    adopted = 0
    while some := list(islice(held, _AT_ONCE)):
        known = copies.known([key for key, _ in some])
        found = [
            one
            for key, places in some
            if key not in known and (one := _listed_object(key, places, shelves))
        ]
        copies.enter(found)
        adopted += len(found)
    return adopted


def _listed(place: Place, store: Store) -> Iterator[tuple[str, Place]]:
    return ((key, place) for key in store.iter_keys(""))


def _listed_object(key: str, places: set[Place], shelves: dict[Place, Store]) -> KeptObject | None:
    """The object as the stores tell of it; None for a key that is none of ours."""
    sha256 = sha256_of_key(key)
    if sha256 is None:
        return None
    sizes = {place: shelves[place].head(key) for place in sorted(places)}
    byte_count = max((found.byte_count for found in sizes.values() if found), default=0)
    states = {
        place: CopyState.LISTED if place in places else CopyState.MISSING for place in shelves
    }
    held = tuple(Copy(place, state) for place, state in states.items())
    return KeptObject(key, sha256, byte_count, held)

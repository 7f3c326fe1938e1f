"""What the stores list, held against the register and against each other.

A listing is not believed: what it lacks is looked at before anything is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby, islice

from catalog.catalog import Catalog
from catalog.copies import Copy, KeptObject
from pipeline.copies import CopyState, Place
from storage.store import Store, sha256_of_key
from storage.vault import Vault

_AT_ONCE = 500
"""Keys looked up and entered at a time, so that memory stays flat."""
_SHOWN = 20

_REGISTER = "register"


@dataclass
class Listings:
    """What the crossing of both listings with the register gave."""

    keys: int = 0
    adopted: int = 0
    """Objects that a store lists and the register did not know."""
    gaps: list[str] = field(default_factory=list)
    """Keys that some place does not list although it should: to be looked at."""
    foreign: int = 0
    """Keys that are none of ours."""
    foreign_keys: list[str] = field(default_factory=list)
    """The first of them."""


def cross_listings(vault: Vault, catalog: Catalog) -> Listings:
    """Go through both stores' listings and the register at once, in the order of keys.

    What the register does not know is entered as listed; nothing is read here, the verification reads it
    first.
    """
    shelves = {Place.PRIMARY: vault.primary, Place.REPLICA: vault.replica}
    sources = [_named(store.iter_keys(""), place) for place, store in shelves.items()]
    known = _named(catalog.verifications.all_keys(), _REGISTER)
    by_key = groupby(merge(*sources, known), key=lambda found: found[0])
    held = ((key, frozenset(source for _, source in found)) for key, found in by_key)
    crossed = Listings()
    while some := list(islice(held, _AT_ONCE)):
        new = []
        for key, places in some:
            crossed.keys += 1
            sha256 = sha256_of_key(key)
            if sha256 is None:
                crossed.foreign += 1
                crossed.foreign_keys += [key] if crossed.foreign <= _SHOWN else []
                continue
            if _REGISTER not in places:
                new.append(_listed_object(key, sha256, places, shelves))
            if not places.issuperset(shelves):
                crossed.gaps.append(key)
        catalog.copies.enter(new)
        crossed.adopted += len(new)
    return crossed


def _named(keys: Iterator[str], source: str) -> Iterator[tuple[str, str]]:
    return ((key, source) for key in keys)


def _listed_object(
    key: str, sha256: str, places: frozenset[str], shelves: dict[Place, Store]
) -> KeptObject:
    """The object as the stores tell of it."""
    heads = [shelves[place].head(key) for place in shelves if place in places]
    byte_count = max((found.byte_count for found in heads if found), default=0)
    copies = (
        Copy(place, CopyState.LISTED if place in places else CopyState.MISSING) for place in shelves
    )
    return KeptObject(key, sha256, byte_count, tuple(copies))

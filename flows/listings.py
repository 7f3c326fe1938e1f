"""What the stores list, held against the register and against each other.

A listing is not believed: what it lacks is looked at before anything is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import groupby, islice
from operator import attrgetter

from catalog.catalog import Catalog
from catalog.copies import Copy, KeptObject
from pipeline.copies import CopyState, Place
from storage.fixity import differ
from storage.selftest import PROBES
from storage.store import Store, sha256_of_key
from storage.vault import Vault

_AT_ONCE = 500
"""Keys looked up and entered at a time, so that memory stays flat."""
_SHOWN = 20

Period = tuple[datetime, datetime]

_REGISTER = "register"
_STORES = (Place.PRIMARY, Place.REPLICA)
_NOWHERE: frozenset[Place] = frozenset()


@dataclass
class Listings:
    """What the crossing of both listings with the register gave."""

    keys: int = 0
    adopted: int = 0
    """Objects that a store lists and the register did not know."""
    gaps: list[str] = field(default_factory=list)
    """Keys that a store does not list, or not as the others do: to be looked at."""
    young: int = 0
    """Keys that only one store lists, put there a moment ago: they may just be coming in."""
    foreign: int = 0
    """Keys that are none of ours."""
    foreign_keys: list[str] = field(default_factory=list)
    """The first of them."""


def cross_listings(vault: Vault, catalog: Catalog, young: Period | None = None) -> Listings:
    """Go through both stores' listings and the register at once, in the order of keys.

    What the register does not know is entered as listed; nothing is read here, the verification reads it
    first. Sizes and the stores' marks of the content are compared too: for the price of two listings every
    copy is looked at to the depth SIZE. What was put within ``young`` may be on its
    way to the other store.
    """
    listed = [_from_store(place, store) for place, store in _shelves(vault).items()]
    known = (_Entry(key, _REGISTER, size, None) for key, size in catalog.verifications.all_sizes())
    by_key = groupby(merge(*listed, known, key=attrgetter("key")), key=attrgetter("key"))
    held = ((key, tuple(found)) for key, found in by_key)
    crossed = Listings()
    while some := list(islice(held, _AT_ONCE)):
        new = []
        removed = catalog.removals.places([key for key, _ in some])
        for key, found in some:
            crossed.keys += 1
            sha256 = sha256_of_key(key)
            if sha256 is None:
                crossed.foreign += 1
                crossed.foreign_keys += [key] if crossed.foreign <= _SHOWN else []
                continue
            gone_by_rule = removed.get(key, _NOWHERE)
            unknown = all(one.source != _REGISTER for one in found)
            if unknown:
                new.append(_listed_object(key, sha256, found, gone_by_rule))
            if unknown and any(_is_in(young, one.changed_at) for one in found):
                crossed.young += _gapes(found, gone_by_rule)
            elif _gapes(found, gone_by_rule):
                crossed.gaps.append(key)
        catalog.copies.enter(new)
        crossed.adopted += len(new)
    return crossed


@dataclass(frozen=True)
class _Entry:
    """A key as one source tells of it."""

    key: str
    source: str
    byte_count: int
    etag: str | None
    changed_at: datetime | None = None


def _shelves(vault: Vault) -> dict[Place, Store]:
    return {Place.PRIMARY: vault.primary, Place.REPLICA: vault.replica}


def _from_store(place: Place, store: Store) -> Iterator[_Entry]:
    return (
        _Entry(one.key, place, one.byte_count, one.etag, one.changed_at)
        for one in store.iter_objects("")
        if not one.key.startswith(PROBES)
    )


def _gapes(found: tuple[_Entry, ...], removed: frozenset[Place]) -> bool:
    """Whether a store lacks the key that was not removed there, or the sources do not tell the same of it."""
    sources = {one.source for one in found}
    sizes = {one.byte_count for one in found}
    return (
        not (sources | removed).issuperset(_STORES)
        or len(sizes) > 1
        or differ(one.etag for one in found)
    )


def _listed_object(
    key: str, sha256: str, found: tuple[_Entry, ...], removed: frozenset[Place]
) -> KeptObject:
    """The object as the stores tell of it; a copy that is not listed is looked for, then told."""
    places = {Place(one.source) for one in found}
    listed = (Copy(place, CopyState.LISTED) for place in places)
    left = (Copy(place, CopyState.REMOVED) for place in removed - places)
    return KeptObject(key, sha256, max(one.byte_count for one in found), (*listed, *left))


def _is_in(period: Period | None, moment: datetime | None) -> bool:
    """A store's clock that is far ahead must not hide its gaps for years, so there is an end, too."""
    return period is not None and moment is not None and period[0] < moment < period[1]

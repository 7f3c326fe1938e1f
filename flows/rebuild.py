"""The catalog again, from the objects alone (R4): bundles in their order, then what only receipts know of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby

from catalog.bundles import BundleHead, read_head
from catalog.catalog import Catalog
from flows.progress import Progress
from pipeline.copies import Place
from pipeline.errors import StoreError
from pipeline.language import Message, say
from storage.proof import Shelf, first_verified
from storage.store import NoteKind, sha256_of_key

STEPS = ("bundle_played", "receipts_read")
"""The steps of rebuilding; killed anywhere, it begins anew in an empty database."""


@dataclass(frozen=True)
class Orphan:
    """A stored page that no bundle knows: it came in after the last one."""

    branch: str
    day: str
    station: str
    operator: str
    batch: str
    name: str
    sha256: str
    container: str | None
    """SHA-256 of the delivered file where the page was one of several in it."""

    @property
    def file_sha256(self) -> str:
        """SHA-256 of the file that was delivered."""
        return self.container or self.sha256

    @property
    def file_name(self) -> str:
        """Name of the file that was delivered, without the number of the page in it."""
        return self.name.rpartition("#")[0] if self.container else self.name


@dataclass
class Rebuilt:
    """What a rebuilding gave, and everything that it could not give."""

    bundles: int = 0
    rows: int = 0
    gaps: list[int] = field(default_factory=list)
    """Numbers of bundles that are not there or not whole: their rows are as they were before, or missing."""
    faults: list[Message] = field(default_factory=list)
    """Objects that could not be read."""
    orphans: list[Orphan] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    """(SHA-256, name) of pages that the catalog has and the shelf has not."""

    @property
    def complete(self) -> bool:
        """Whether the catalog is again as it was at its last bundle, and all its pages are there."""
        return not (self.gaps or self.faults or self.orphans or self.missing)


Shelves = Sequence[Shelf]
"""Where objects are read from, each from the first that has it whole: a store, both, or cold volumes."""


def rebuild(
    shelves: Shelves,
    into: Catalog,
    progress: Progress,
    at: Callable[[str], None] = lambda _step: None,
    only: Place | None = None,
) -> Rebuilt:
    """Play all bundles into an empty catalog; whatever cannot be read is told and passed over.

    ``only``: the one store that is read; what was removed there on purpose is not missing.
    """
    rebuilt = Rebuilt()
    chain = _chain(_heads(shelves, rebuilt), rebuilt)
    progress.total(len(chain))
    for head, key in chain:
        into.bundles.play(_verified(shelves, key))
        rebuilt.bundles += 1
        at("bundle_played")
        progress.step(say("bundle {number} of the catalog", number=head.no))
    rebuilt.rows = sum(into.row_counts().values())
    into.texts.index_anew()
    rebuilt.orphans = list(_orphans(shelves, into, rebuilt))
    at("receipts_read")
    rebuilt.missing = _missing(shelves, into, only)
    return rebuilt


def keys_of(shelves: Shelves, prefix: str) -> Iterator[str]:
    """Yield the keys that any of the shelves has, each once, in ascending order of their bytes."""
    listings = merge(*(shelf.iter_keys(prefix) for shelf in shelves), key=str.encode)
    return (key for key, _ in groupby(listings))


def _heads(shelves: Shelves, rebuilt: Rebuilt) -> Iterator[tuple[BundleHead, str]]:
    for key in keys_of(shelves, f"{NoteKind.CATALOG}/"):
        try:
            yield read_head(_verified(shelves, key)), key
        except (StoreError, ValueError) as error:
            rebuilt.faults.append(_told(error, key))


def _chain(
    heads: Iterable[tuple[BundleHead, str]], rebuilt: Rebuilt
) -> list[tuple[BundleHead, str]]:
    """Put bundles into their order: of several with one number that which the next one names.

    The others were kept and never entered (see ``flows.bundling``). Where the next one cannot tell, the
    latest made has all their rows.
    """
    found: dict[int, list[tuple[BundleHead, str]]] = {}
    for head, key in heads:
        found.setdefault(head.no, []).append((head, key))
    chain: list[tuple[BundleHead, str]] = []
    wanted: str | None = None
    for no in range(max(found, default=0), 0, -1):
        ones = sorted(found.get(no, []), key=lambda one: one[0].until)
        named = [one for one in ones if sha256_of_key(one[1]) == wanted]
        if not ones or (wanted and not named):
            rebuilt.gaps.append(no)
        chain += (named or ones)[-1:]
        wanted = chain[-1][0].previous if ones else None
    rebuilt.gaps.reverse()
    return chain[::-1]


def _orphans(shelves: Shelves, into: Catalog, rebuilt: Rebuilt) -> Iterator[Orphan]:
    for key in keys_of(shelves, f"{NoteKind.RECEIPT}/"):
        try:
            told = json.loads(_verified(shelves, key))
        except (StoreError, ValueError) as error:
            rebuilt.faults.append(_told(error, key))
            continue
        if not into.pages.known(told["delivery"]):
            names = ("branch", "day", "station", "operator", "batch", "name", "sha256", "container")
            yield Orphan(**{name: told[name] for name in names})


def _missing(shelves: Shelves, into: Catalog, only: Place | None) -> list[tuple[str, str]]:
    """Both listings are in the order of SHA-256s, so neither is held in memory."""
    there = (sha256_of_key(key) or "" for key in keys_of(shelves, "obj/"))
    removed = {sha256_of_key(key) for key in into.removals.at(only)} if only else set()
    missing, now = [], next(there, None)
    for page in into.pages.all_stored():
        while now is not None and now < page[0]:
            now = next(there, None)
        if now != page[0] and page[0] not in removed:
            missing.append(page)
    return missing


def _verified(shelves: Shelves, key: str) -> bytes:
    sha256 = sha256_of_key(key)
    if sha256 is None:
        raise ValueError("none of our keys")
    return first_verified(shelves, key, sha256)


def _told(error: Exception, key: str) -> Message:
    if isinstance(error, StoreError):
        return error.message
    return say("{key} is not what its name says; it was passed over.", key=key)

"""The catalog again, from the objects alone (R4): bundles in their order, then what only receipts know of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby

from catalog.bundle_chain import Branch, Chain, Link, chain_of
from catalog.bundles import read_head
from catalog.catalog import Catalog
from catalog.connection import newest_version
from flows.progress import Progress
from pipeline.copies import Place
from pipeline.errors import StoreError, UserError
from pipeline.language import Message, say
from pipeline.model import identity
from storage.proof import Shelf, first_verified
from storage.store import NoteKind, digest, note_key, sha256_of_key

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
    unknown: frozenset[str] = frozenset()
    """Tables and columns of older or stranger bundles that this program's catalog has not."""
    chain: str = ""
    """Id of the catalog whose bundles were played."""
    branches: tuple[Branch, ...] = ()
    """Bundles that other catalogs wrote into the same stores, beside those that were played."""
    orphans: list[Orphan] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    """(SHA-256, name) of pages and files that the catalog has and the shelf has not."""

    @property
    def complete(self) -> bool:
        """Whether the catalog is again as it was at its last bundle, and all its pages are there."""
        return not (
            self.gaps
            or self.faults
            or self.unknown
            or self.branches
            or self.orphans
            or self.missing
        )


Shelves = Sequence[Shelf]
"""Where objects are read from, each from the first that has it whole: a store, both, or cold volumes."""


def rebuild(
    shelves: Shelves,
    into: Catalog,
    progress: Progress,
    at: Callable[[str], None] = lambda _step: None,
    only: Place | None = None,
    preferred: str = "",
) -> Rebuilt:
    """Play all bundles into an empty catalog; whatever cannot be read is told and passed over.

    ``only``: the one store that is read; what was removed there on purpose is not missing.
    ``preferred``: where several catalogs wrote into the stores, the id of the one that is wanted, or the
    SHA-256 of one of its bundles. Raises UserError when a bundle is of a newer version than the program.
    """
    rebuilt = play_bundles(shelves, into, progress, at, preferred)
    rebuilt.rows = sum(into.row_counts().values())
    into.texts.index_anew()
    rebuilt.orphans = list(_orphans(shelves, into, rebuilt))
    rebuilt.faults += _packages_not_entered(shelves, into)
    at("receipts_read")
    rebuilt.missing = _missing(shelves, into, only)
    return rebuilt


def play_bundles(
    shelves: Shelves,
    into: Catalog,
    progress: Progress,
    at: Callable[[str], None] = lambda _step: None,
    preferred: str = "",
) -> Rebuilt:
    """Play all bundles into an empty catalog, and no more; see ``rebuild``."""
    rebuilt = Rebuilt()
    chain = chain_of(_links(shelves, rebuilt), preferred)
    _refuse_newer(chain)
    rebuilt.branches, rebuilt.chain = chain.others, chain.catalog
    progress.total(len(chain.links))
    for link in chain.links:
        _play(shelves, into, link, rebuilt)
        at("bundle_played")
        progress.step(say("bundle {number} of the catalog", number=link.head.no))
    if chain.gaps:
        made_up = into.lost_bundles.made_up()
        rebuilt.gaps = [no for no in chain.gaps if no not in made_up]
    return rebuilt


def keys_of(shelves: Shelves, prefix: str) -> Iterator[str]:
    """Yield the keys that any of the shelves has, each once, in ascending order of their bytes."""
    listings = merge(*(shelf.iter_keys(prefix) for shelf in shelves), key=str.encode)
    return (key for key, _ in groupby(listings))


def _links(shelves: Shelves, rebuilt: Rebuilt) -> Iterator[Link]:
    for key in keys_of(shelves, f"{NoteKind.CATALOG}/"):
        try:
            content = _verified(shelves, key)
            yield Link(read_head(content), digest(content))
        except (StoreError, ValueError) as error:
            rebuilt.faults.append(_told(error, key))


def _refuse_newer(chain: Chain) -> None:
    newest = max((link.head.version for link in chain.links), default="")
    if newest > newest_version():
        raise UserError(
            say(
                "The stores hold a catalog of version {found}, this program knows none above {known}; "
                "rebuild it with the program that wrote it, or a newer one.",
                found=newest,
                known=newest_version(),
            )
        )


def _play(shelves: Shelves, into: Catalog, link: Link, rebuilt: Rebuilt) -> None:
    key = note_key(NoteKind.CATALOG, link.sha256)
    try:
        rebuilt.unknown |= into.bundles.play(_verified(shelves, key))
        rebuilt.bundles += 1
    except StoreError as error:  # it was there when its head was read
        rebuilt.faults.append(error.message)
    except ValueError as error:
        rebuilt.faults.append(
            say(
                "Bundle {number} of the catalog does not fit this program's tables ({why}); its rows are "
                "missing, report this as a fault.",
                number=link.head.no,
                why=str(error).splitlines()[0],
            )
        )


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


def _packages_not_entered(shelves: Shelves, into: Catalog) -> Iterator[Message]:
    """Tell the born-digital packages that came in after the last bundle."""
    for key in keys_of(shelves, f"{NoteKind.PACKAGE}/"):
        try:
            told = json.loads(_verified(shelves, key))
        except (StoreError, ValueError) as error:
            yield _told(error, key)
            continue
        if into.digital.known(identity(told["origin"], told["package"])) is None:
            yield say(
                "Package {number} of branch {branch}, {day}, is stored, but no bundle knows of it; take it "
                "in again.",
                number=told["package"],
                branch=told["branch"],
                day=told["day"],
            )


def _missing(shelves: Shelves, into: Catalog, only: Place | None) -> list[tuple[str, str]]:
    """Give the pages and born-digital files that the catalog has and the shelf has not."""
    removed = {sha256_of_key(key) for key in into.removals.at(only)}
    wanted = (("obj/", into.pages.all_stored()), ("digital/", into.digital.sha256s()))
    return [
        one
        for prefix, held in wanted
        for one in _not_listed(held, keys_of(shelves, prefix))
        if one[0] not in removed
    ]


def _not_listed(held: Iterable[tuple[str, str]], keys: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Both are in the order of SHA-256s, so neither is held in memory."""
    there = (sha256_of_key(key) or "" for key in keys)
    now = next(there, None)
    for one in held:
        while now is not None and now < one[0]:
            now = next(there, None)
        if now != one[0]:
            yield one


def _verified(shelves: Shelves, key: str) -> bytes:
    sha256 = sha256_of_key(key)
    if sha256 is None:
        raise ValueError("none of our keys")
    return first_verified(shelves, key, sha256)


def _told(error: Exception, key: str) -> Message:
    if isinstance(error, StoreError):
        return error.message
    return say("{key} is not what its name says; it was passed over.", key=key)

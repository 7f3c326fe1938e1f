"""Objects brought back online from a carrier, each proved by its SHA-256 (DK-22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog.copies import KeptObject
from flows.parts import Parts
from flows.stores import Stores
from pipeline.copies import HELD, Place
from pipeline.errors import Corrupt, NotFound, StoreError, Unavailable, UserError
from pipeline.language import Message, say
from storage.proof import first_verified
from storage.store import digest
from storage.volumes import ColdShelf

_ONLINE = (Place.PRIMARY, Place.REPLICA)


@dataclass
class BroughtBack:
    """What became of a request's objects: asked = brought + those that are told."""

    asked: int
    brought: int = 0
    told: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class Whereabouts:
    """Where an object that is not online can be fetched."""

    key: str
    volume: str | None
    carriers: tuple[str, ...]
    """Number and place of each carrier on which a good copy of the volume was read."""


def not_online(parts: Parts, keys: Sequence[str]) -> tuple[KeptObject, ...]:
    """Give the objects of which a copy in some store is not there: removed, missing or damaged."""
    return tuple(
        one
        for one in parts.catalog.verifications.objects(keys)
        if not set(_ONLINE) <= {copy.place for copy in one.copies if copy.state in HELD}
    )


def whereabouts(parts: Parts, keys: Sequence[str]) -> tuple[Whereabouts, ...]:
    """Give for each object the volume that holds it, and the carriers where that was read back."""
    carriers = [one for one in parts.catalog.carriers.all() if one.in_use]
    found = []
    for one in parts.catalog.verifications.objects(keys):
        volume = next((copy.version_id for copy in one.copies if copy.place is Place.COLD), None)
        named = tuple(
            f"{carrier.number} ({carrier.place})"
            for carrier in carriers
            for held in carrier.holdings.values()
            if held.volume == volume and held.good
        )
        found.append(Whereabouts(one.key, volume, named))
    return tuple(found)


def bring_back(parts: Parts, stores: Stores, no: int, path: Path, who: str) -> BroughtBack:
    """Keep a request's objects in both stores again, from a carrier, a volume on it, or the page's own file.

    May be run again with another carrier until all are there; then the request is done. Raises UserError
    when it is done already.
    """
    request = parts.catalog.retrievals.one(no)
    if request.done_by:
        raise UserError(
            say("Request {number} was done by {person}.", number=no, person=request.done_by)
        )
    wanted = not_online(parts, request.keys)
    done = BroughtBack(len(wanted))
    for one in wanted:
        try:
            stores.vault.keep_object(one.key, _content(path, one), one.sha256)
            done.brought += 1
        except StoreError as error:
            done.told.append(error.message)
    stores.vault.flush()
    parts.catalog.removals.returned()
    if done.brought == done.asked:
        parts.catalog.retrievals.end(no, str(path), who)
    return done


def _content(path: Path, one: KeptObject) -> bytes:
    if path.is_file():
        content = path.read_bytes()
        if digest(content) != one.sha256:
            raise Corrupt(say("{path} is not {key}.", path=path, key=one.key))
        return content
    if not path.is_dir():
        raise Unavailable(say("{path} is not there; mount the carrier.", path=path))
    shelf = ColdShelf(path)
    if not shelf.volumes():
        shelf = ColdShelf(path.parent)  # the folder of one volume was named
    if shelf.head(one.key) is None:
        raise NotFound(say("No volume in {path} has {key}.", path=path, key=one.key))
    return first_verified([shelf], one.key, one.sha256)

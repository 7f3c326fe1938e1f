"""The stores as their last self-tests found them; no store is opened for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.catalog import Catalog
from flows.settings import Settings
from flows.store_settings import StoreSettings
from pipeline.copies import Place
from pipeline.self_test import Outcome, SelfTest, Trait


@dataclass(frozen=True)
class Tested:
    """A store as its last self-test found it."""

    place: Place
    lock_wanted: bool
    """Whether the settings want what is put there to be locked."""
    test: SelfTest | None
    """None: it was never tried."""

    @property
    def fails(self) -> bool:
        """Whether a lock is wanted that was seen not to hold: no page may come in."""
        return self.lock_wanted and self.test is not None and not self.test.locks_hold

    @property
    def repeats(self) -> bool:
        """Whether a second put was seen to be taken: then it makes a second version."""
        second = self.test.answers.get(Trait.SECOND_PUT) if self.test else None
        return second is not None and second is not Outcome.HOLDS

    @property
    def locks(self) -> bool:
        """Whether what is put there is locked, as far as was seen."""
        return self.lock_wanted and self.test is not None and self.test.locks_hold


def last_tested(settings: Settings, catalog: Catalog) -> tuple[Tested, ...]:
    """Give primary and replica as their last self-tests found them."""
    return tuple(
        Tested(place, chosen.lock != "none", catalog.store_tests.last(name_of(chosen)))
        for place, chosen in online(settings).items()
    )


def online(settings: Settings) -> dict[Place, StoreSettings]:
    """The settings of primary and replica."""
    return {Place.PRIMARY: settings.primary, Place.REPLICA: settings.replica}


def name_of(chosen: StoreSettings) -> str:
    """Name a store in the record: the endpoint as the settings name it, and the bucket."""
    return f"{chosen.endpoint if chosen.kind == 's3' else 'local'}/{chosen.bucket}"


def as_json(tested: tuple[Tested, ...]) -> dict[str, Any]:
    """The stores' locks in the contract of ``storage status --json`` (docs/storage.md)."""
    return {one.place.value: _lock(one) for one in tested}


def _lock(one: Tested) -> dict[str, Any]:
    test = one.test
    return {
        "wanted": one.lock_wanted,
        "hold": one.locks,
        "tried_at": test.at.isoformat(timespec="seconds") if test else None,
        "answers": {t.value: o.value for t, o in test.answers.items()} if test else {},
    }

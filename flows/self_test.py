"""Self-tests of the stores: at first use and each night; no page comes in while a lock does not hold."""

from __future__ import annotations

from datetime import UTC, datetime

from catalog.catalog import Catalog
from flows.last_tested import Tested, last_tested, name_of, online
from flows.settings import Settings
from pipeline.copies import PLACES, Place
from pipeline.errors import Unavailable, UserError
from pipeline.language import Message, say
from pipeline.self_test import LOCKS, TRAITS, Outcome, SelfTest
from storage.s3 import S3Store
from storage.selftest import probe
from storage.store import Store
from storage.vault import Vault


def test_stores(settings: Settings, catalog: Catalog, vault: Vault) -> tuple[Tested, ...]:
    """Try both stores out and enter their answers; a replica that is down and may be keeps its last record.

    Raises Unavailable when another does not answer.
    """
    _test(settings, catalog, Place.PRIMARY, vault.primary)
    try:
        _test(settings, catalog, Place.REPLICA, vault.replica)
    except Unavailable:
        if not settings.stores.admit_without_replica:
            raise
    return last_tested(settings, catalog)


def require_locks(settings: Settings, catalog: Catalog, vault: Vault) -> None:
    """Let pages come in only where the locks that the settings want were seen to hold.

    A store that was never tried is tried now. Raises UserError with the sentence that says what to do.
    """
    tested = last_tested(settings, catalog)
    if any(one.lock_wanted and one.test is None for one in tested):
        tested = test_stores(settings, catalog, vault)
    for one in tested:
        if one.fails and one.test:
            raise UserError(refusal(one.place, one.test))


def refusal(place: Place, test: SelfTest) -> Message:
    """Say why no page comes in, and what to do."""
    if all(test.answers.get(one, Outcome.NONE) is Outcome.NONE for one in LOCKS):
        return say(
            "No page comes in: the {place} has no object lock, which the settings want; choose a server and "
            'bucket that have it, or set lock = "none" there, then run “paperproof storage self-test”.',
            place=PLACES[place],
        )
    return say(
        "No page comes in: the {place} does not keep its locks (tried and not so: {what}); choose another "
        'server, or set lock = "none" there, then run “paperproof storage self-test”.',
        place=PLACES[place],
        what=tuple(TRAITS[one] for one in test.failing_locks),
    )


def _test(settings: Settings, catalog: Catalog, place: Place, store: Store) -> None:
    store = store.unaided() if isinstance(store, S3Store) else store
    in_parts = store.put_in_parts if isinstance(store, S3Store) else None
    test = probe(store, datetime.now(UTC), in_parts)
    catalog.store_tests.enter(name_of(online(settings)[place]), test)

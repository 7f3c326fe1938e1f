"""The register of objects: what it counts, and that saying a thing twice changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from sqlalchemy import select

from catalog.catalog import Catalog
from catalog.copies import Copies, Copy, KeptObject, WaitingCount
from catalog.tables import copy_event, object_copy
from pipeline.copies import CopyState, Place
from storage.store import digest, object_key


@pytest.fixture
def copies(catalog: Catalog) -> Copies:
    return catalog.copies


def kept(content: bytes, *held: Copy) -> KeptObject:
    sha256 = digest(content)
    return KeptObject(object_key(sha256), sha256, len(content), held)


BOTH = (
    Copy(Place.PRIMARY, CopyState.INTACT, "v1"),
    Copy(Place.REPLICA, CopyState.INTACT, "v2"),
)


def test_objects_and_bytes_are_counted_for_each_copy(copies: Copies) -> None:
    copies.enter([kept(b"12345", *BOTH), kept(b"123", *BOTH)])
    copies.enter([kept(b"1", Copy(Place.PRIMARY, CopyState.INTACT))])
    assert copies.total() == (3, 9)
    found = [
        (one.place, one.kind, one.state, one.objects, one.byte_count) for one in copies.counts()
    ]
    assert found == [
        (Place.PRIMARY, "obj", CopyState.INTACT, 3, 9),
        (Place.REPLICA, "obj", CopyState.INTACT, 2, 8),
    ]


def test_entering_again_changes_nothing_but_the_moment_verified(
    catalog: Catalog, copies: Copies
) -> None:
    copies.enter([kept(b"1", *BOTH)])
    first = rows(catalog)
    copies.enter([kept(b"1", Copy(Place.PRIMARY, CopyState.INTACT), BOTH[1])])
    again = rows(catalog)
    assert copies.total() == (1, 1)
    for before, after in zip(first, again, strict=True):
        assert (before.version_id, before.since) == (after.version_id, after.since)
        assert before.verified_at < after.verified_at


def test_what_is_only_listed_is_not_verified(catalog: Catalog, copies: Copies) -> None:
    listed = (Copy(Place.PRIMARY, CopyState.LISTED), Copy(Place.REPLICA, CopyState.MISSING))
    copies.enter([kept(b"1", *listed)])
    assert [row.verified_at for row in rows(catalog)] == [None, None]
    oldest = copies.oldest_unverified()
    assert list(oldest) == [Place.PRIMARY]
    assert oldest[Place.PRIMARY] <= datetime.now(UTC)


@pytest.mark.parametrize("state", [CopyState.MISSING, CopyState.DAMAGED])
def test_a_debt_stays_a_debt_until_it_is_paid(
    catalog: Catalog, copies: Copies, state: CopyState
) -> None:
    """Whatever a look finds in its place: the spool keeps the first copy only while the debt is listed."""
    copies.enter([kept(b"1", BOTH[0], Copy(Place.REPLICA, CopyState.OWED))])
    copies.enter([kept(b"1", Copy(Place.REPLICA, state))])
    assert catalog.debts.files() == {digest(b"1")}
    assert catalog.verifications.lost() == ()
    copies.enter([kept(b"1", Copy(Place.PRIMARY, CopyState.DAMAGED))])
    assert len(catalog.verifications.lost()) == 1, "what is owed is no copy"
    copies.enter([kept(b"1", *BOTH)])
    assert catalog.debts.files() == frozenset()
    with catalog._engine.connect() as connection:
        whats = list(connection.execute(select(copy_event.c.what)).scalars())
    assert whats == ["damaged", "paid"]


def test_a_healed_copy_is_an_event(catalog: Catalog, copies: Copies) -> None:
    copies.enter([kept(b"1", Copy(Place.REPLICA, CopyState.INTACT, "v3", found=CopyState.DAMAGED))])
    with catalog._engine.connect() as connection:
        [event] = connection.execute(select(copy_event)).all()
    assert (event.place, event.what, event.key) == ("replica", "healed", object_key(digest(b"1")))


def test_what_has_no_cold_copy_waits_for_a_volume(copies: Copies) -> None:
    copies.enter([kept(b"1", *BOTH), kept(b"2", *BOTH)])
    copies.enter([kept(b"1", Copy(Place.COLD, CopyState.INTACT, "PP-000001"))])
    assert [one.sha256 for one in copies.not_in_volume()] == [digest(b"2")]


def test_what_waits_comes_in_pages_and_without_what_is_entered_meanwhile(copies: Copies) -> None:
    """Of one moment and of several, as packing takes them: each is entered in its volume on the way."""
    first = [kept(f"a{n}".encode(), *BOTH) for n in range(5)]
    copies.enter(first)
    copies.enter([kept(f"b{n}".encode(), *BOTH) for n in range(6)])
    seen: list[str] = []
    with patch("catalog.copies._PAGE", 4):
        for one in copies.not_in_volume():
            seen.append(one.key)
            if len(seen) == 5:
                assert {*seen} == {one.key for one in first}, "the oldest first"
                copies.enter([kept(b"c", *BOTH)])
            volume = Copy(Place.COLD, CopyState.INTACT, "PP-000001")
            copies.enter([replace(one, copies=(volume,))])
    assert len(seen) == len(set(seen)) == 11
    assert [one.key for one in copies.not_in_volume()] == [object_key(digest(b"c"))]
    assert copies.waiting() == (WaitingCount("obj", 1, 1),)


def test_more_keys_than_one_question_takes(copies: Copies) -> None:
    many = [kept(str(n).encode(), *BOTH) for n in range(1200)]
    copies.enter(many)
    strange = object_key(digest(b"strange"))
    assert copies.known([*(one.key for one in many), strange]) == {one.key for one in many}


def rows(catalog: Catalog) -> list:  # type: ignore[type-arg]
    with catalog._engine.connect() as connection:
        return list(connection.execute(select(object_copy).order_by(object_copy.c.place)))

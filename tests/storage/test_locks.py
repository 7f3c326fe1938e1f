"""Locks in a bucket that has them, and the arithmetic of a lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.errors import Locked
from storage.s3 import S3Store
from storage.s3_locks import lock_in, retention_headers, storable_lock
from storage.s3_parts import PART
from storage.store import LATEST, Lock, digest
from tests.storage.conftest import LyingStore

PAGE = b"a page"
KEY = "obj/aa/one"
NOW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
"""Tomorrow: a run of all tests takes longer than these locks."""


def in_seconds(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def lock_of(store: S3Store, version_id: str | None = None) -> Lock | None:
    found = store.head(KEY, version_id)
    assert found
    return found.lock


def test_puts_of_one_day_lock_until_the_same_midnight() -> None:
    morning = datetime(2026, 11, 27, 8, 30, 1, tzinfo=UTC)
    lock = Lock.for_days(morning, 400)
    assert lock == Lock.for_days(morning + timedelta(hours=9), 400)
    assert lock.until == datetime(2028, 1, 1, tzinfo=UTC)
    assert Lock.for_days(morning, 400 * 365).until == LATEST


def test_what_covers_what() -> None:
    long, short, hold = Lock(in_seconds(60)), Lock(in_seconds(9)), Lock(hold=True)
    assert long.covers(short) and not short.covers(long)
    assert long.covers(Lock()) and not long.covers(hold) and not hold.covers(short)
    assert Lock(in_seconds(60), hold=True).covers(Lock(in_seconds(60), hold=True))
    assert long.stands(NOW) and not long.stands(in_seconds(61)) and hold.stands(LATEST)


def test_no_date_is_sent_that_a_server_would_wrap() -> None:
    lock = storable_lock(Lock(datetime(2136, 1, 1, tzinfo=UTC)))
    assert lock_in(retention_headers(lock)) == Lock(LATEST)


def test_governance_is_no_lock_and_nine_digits_are_a_date() -> None:
    headers = {
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": "2046-11-22T16:50:27.000000000Z",
    }
    assert lock_in(headers) == Lock(datetime(2046, 11, 22, 16, 50, 27, tzinfo=UTC))
    assert lock_in({**headers, "x-amz-object-lock-mode": "GOVERNANCE"}) is None


def test_a_lock_is_extended_and_an_object_that_was_there_is_locked_for_longer(
    locked_s3: S3Store,
) -> None:
    first = locked_s3.put_once(KEY, PAGE, digest(PAGE), Lock(in_seconds(60)))
    locked_s3.extend_retention(KEY, first.version_id, in_seconds(90))
    assert lock_of(locked_s3) == Lock(in_seconds(90))
    again = locked_s3.put_once(KEY, PAGE, digest(PAGE), Lock(in_seconds(120)))
    assert again.existed
    assert again.lock == Lock(in_seconds(120)) == lock_of(locked_s3)
    shorter = locked_s3.put_once(KEY, PAGE, digest(PAGE), Lock(in_seconds(10)))
    assert shorter.lock == Lock(in_seconds(120))
    assert len(locked_s3.versions(KEY)) == 1


def test_a_hold_stands_until_it_is_taken_off(locked_s3: S3Store) -> None:
    version = locked_s3.put_once(KEY, PAGE, digest(PAGE), Lock(hold=True)).version_id
    assert lock_of(locked_s3) == Lock(hold=True)
    with pytest.raises(Locked, match="legal hold"):
        locked_s3.delete_version(KEY, version, "2026-001")
    locked_s3.set_hold(KEY, version, False)
    locked_s3.delete_version(KEY, version, "2026-001")
    assert locked_s3.versions(KEY) == ()


def test_healing_leaves_the_locked_version(locked_s3: S3Store) -> None:
    bad = locked_s3.put_once(KEY, b"bad", digest(b"bad"), Lock(in_seconds(60)))
    good = locked_s3.put_healed(KEY, PAGE, digest(PAGE), Lock(in_seconds(60)))
    assert lock_of(locked_s3, bad.version_id) == lock_of(locked_s3, good.version_id)
    assert lock_of(locked_s3) == Lock(in_seconds(60))
    assert locked_s3.read(KEY, bad.version_id) == b"bad"


def test_a_file_in_parts_is_locked_and_whole(locked_s3: S3Store, tmp_path: Path) -> None:
    file = tmp_path / "volume"
    file.write_bytes(bytes(PART) + b"end")
    name = sha256(file.read_bytes()).hexdigest()
    receipt = locked_s3.put_once(KEY, file, name, Lock(in_seconds(60), hold=True))
    assert receipt.lock == Lock(in_seconds(60), hold=True)
    assert locked_s3.put_once(KEY, file, name, Lock(in_seconds(60))).existed
    with locked_s3.open(KEY) as opened:
        running = sha256()
        for piece in opened.chunks():
            running.update(piece)
    assert running.hexdigest() == name
    assert (opened.info.etag or "").endswith("-2")
    locked_s3.set_hold(KEY, receipt.version_id, False)


def test_a_bucket_made_without_locks_gets_them(s3: S3Store) -> None:
    assert not s3.capabilities().locks
    s3.ensure_bucket(object_lock=True)
    assert s3.capabilities().locks
    s3.put_once(KEY, PAGE, digest(PAGE), Lock(in_seconds(60)))
    assert lock_of(s3) == Lock(in_seconds(60))


@pytest.mark.requirement("CG-08c")
def test_the_liar_says_locked_and_deletes(make_liar: Callable[[str], LyingStore]) -> None:
    """So that a test that means to catch such a store has one."""
    store = make_liar("liar")
    store.lie = "pretends locks"
    assert store.put_once(KEY, PAGE, digest(PAGE), Lock(in_seconds(60))).lock
    head = store.head(KEY)
    assert head and head.lock == Lock(in_seconds(60))
    store.delete_version(KEY, None, "2026-001")
    assert store.head(KEY) is None

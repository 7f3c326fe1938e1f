"""A store is believed what it was seen to do, and no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import Unavailable
from pipeline.self_test import LOCKS, Outcome, Trait
from storage.folder import FolderStore
from storage.s3 import S3Store
from storage.selftest import PROBES, probe, tidy
from storage.store import digest
from tests.storage.conftest import LyingStore

NOW = datetime.now(UTC) + timedelta(days=1)
"""Tomorrow: a run of all tests takes longer than these locks."""


def failing(store: LyingStore) -> set[Trait]:
    return {trait for trait, came in probe(store, NOW).answers.items() if came is Outcome.FAILS}


def test_a_bucket_with_locks_holds_in_all_and_is_left_with_few_probes(locked_s3: S3Store) -> None:
    test = probe(locked_s3, NOW, locked_s3.put_in_parts)
    assert set(test.answers) == set(Trait)
    assert set(test.answers.values()) == {Outcome.HOLDS}
    assert test.locks_hold
    left = [key.rpartition("-")[2] for key in locked_s3.iter_keys(PROBES)]
    assert sorted(left) == ["delete", "multipart", "overwrite", "shorten"]
    probe(locked_s3, NOW, locked_s3.put_in_parts)


def test_probes_go_when_their_lock_has_ended(s3: S3Store) -> None:
    s3.put_once(f"{PROBES}old", b"", digest(b""))
    s3.put_healed(f"{PROBES}old", b"2", digest(b"2"))
    tidy(s3)
    assert s3.versions(f"{PROBES}old") == ()


def test_a_bucket_without_locks_says_so(s3: S3Store) -> None:
    test = probe(s3, NOW)
    assert test.failing_locks == LOCKS
    assert {test.answers[trait] for trait in LOCKS} == {Outcome.NONE}
    others = set(Trait) - set(LOCKS)
    assert {test.answers[trait] for trait in others} == {Outcome.HOLDS}


def test_a_folder_keeps_versions_and_has_no_locks(
    make_folder: Callable[[str], FolderStore],
) -> None:
    test = probe(make_folder("cold"), NOW)
    assert test.answers[Trait.VERSIONS] is Outcome.HOLDS
    assert test.answers[Trait.CHECKSUM] is Outcome.FAILS
    assert not test.locks_hold


def test_a_store_that_takes_locks_and_deletes_anyway_is_found_out(
    make_liar: Callable[[str], LyingStore],
) -> None:
    store = make_liar("liar")
    store.lie = "pretends locks"
    test = probe(store, NOW, lambda *put: store.put_healed(*put))
    assert test.failing_locks == LOCKS
    assert test.answers[Trait.DELETE] is Outcome.FAILS


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        ("forgets the lock", {Trait.DELETE, Trait.SHORTEN, Trait.OVERWRITE, Trait.HOLD}),
        ("deletes in secret", {Trait.DELETE, Trait.HOLD}),
        ("shortens", {Trait.SHORTEN}),
        ("overwrites", {Trait.OVERWRITE, Trait.VERSIONS}),
        ("gives stale bytes", set(Trait) - {Trait.CHECKSUM, Trait.MULTIPART}),
        ("answers slowly", set()),
    ],
)
def test_each_lie_is_found(locked_s3: S3Store, lie: str, found: set[Trait]) -> None:
    store = LyingStore(locked_s3)
    store.lie = lie
    assert failing(store) == found


@pytest.mark.parametrize("lie", ["is down", "does it, but times out"])
def test_a_store_that_does_not_answer_proves_nothing(locked_s3: S3Store, lie: str) -> None:
    store = LyingStore(locked_s3)
    store.lie = lie
    with pytest.raises(Unavailable):
        probe(store, NOW)


def test_a_clock_far_behind_fails_instead_of_breaking_off(locked_s3: S3Store) -> None:
    """The locks asked for lie in the server's past."""
    assert not probe(locked_s3, NOW - timedelta(days=2)).locks_hold


def test_a_hold_is_taken_off_again(locked_s3: S3Store) -> None:
    probe(locked_s3, NOW)
    assert not [key for key in locked_s3.iter_keys(PROBES) if key.endswith("hold")]

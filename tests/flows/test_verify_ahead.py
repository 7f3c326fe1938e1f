"""Verification reads ahead of what it enters: order, bounds, faults among many objects, and Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.copy_faults import Fault
from flows.parts import Parts
from flows.stores import Stores
from flows.verified import Verified
from flows.verify import _READERS, Verifier
from pipeline.copies import Depth
from pipeline.errors import PaperproofError
from pipeline.language import Message
from storage.folder import FolderStore
from storage.store import NoteKind, Opened
from storage.vault import Vault

from .verified_day import events, flip

AT_ONCE = 12
OBJECTS = 3 * AT_ONCE + 1


class Watched(FolderStore):
    """Says which objects are opened, before it opens them."""

    opening: Callable[[str], object]

    @contextmanager
    def open(self, key: str, version_id: str | None = None) -> Iterator[Opened]:
        self.opening(key)
        with super().open(key, version_id) as opened:
            yield opened


class Counting:
    """Progress that counts."""

    done = 0

    def total(self, count: int) -> None: ...

    def step(self, note: Message) -> None:
        self.done += 1


@pytest.fixture
def many(stores: Stores, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """Some objects in both stores, of which a few are read and entered at once; the primary is watched."""
    for number in range(OBJECTS):
        stores.vault.keep_note(NoteKind.CATALOG, b"%d" % number)
    stores.vault.flush()
    monkeypatch.setattr("flows.verify._AT_ONCE", AT_ONCE)
    watched = Watched(parts.workspace.folder / "p")
    watched.opening = lambda _key: None
    return Stores(Vault(watched, stores.vault.replica), stores.cold)


def watch(stores: Stores, opening: Callable[[str], object]) -> None:
    assert isinstance(stores.vault.primary, Watched)
    stores.vault.primary.opening = opening


def keys_of(parts: Parts) -> list[str]:
    return list(parts.catalog.verifications.all_keys())


def path_of(parts: Parts, key: str, place: str = "p") -> Path:
    return parts.workspace.folder / place / key


def test_what_comes_next_is_read_while_the_last_is_not_yet_entered(
    parts: Parts, many: Stores
) -> None:
    """The first object is given only when the next portion is begun, and is told first all the same."""
    keys = keys_of(parts)
    for key in keys:
        flip(path_of(parts, key))
    next_begun = threading.Event()

    def opening(key: str) -> None:
        if key == keys[AT_ONCE]:
            next_begun.set()
        if key == keys[0]:
            assert next_begun.wait(10), "the readers wait for the register"

    watch(many, opening)
    faults: list[Fault] = []
    account = Verifier(parts, many, Counting(), faults.append).verify(keys, Depth.BYTES, "all")
    assert [fault.found.wanted.key for fault in faults] == keys
    assert (account.asked, account.objects, account.bad, account.healed) == (OBJECTS,) * 4
    assert account.whole


def test_no_more_than_two_portions_are_in_hand(parts: Parts, many: Stores) -> None:
    progress, opened, most = Counting(), [0], [0]
    one_at_a_time = threading.Lock()

    def opening(_key: str) -> None:
        with one_at_a_time:
            opened[0] += 1
            most[0] = max(most[0], opened[0] - progress.done)

    watch(many, opening)
    account = Verifier(parts, many, progress, lambda fault: pytest.fail(str(fault))).verify(
        keys_of(parts), Depth.BYTES, "all"
    )
    assert (account.objects, progress.done, opened[0]) == (OBJECTS,) * 3
    assert most[0] <= 2 * AT_ONCE


def test_interrupted_it_begins_nothing_more_and_has_entered_what_it_repaired(
    parts: Parts, many: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, opened, ended = keys_of(parts), list[str](), threading.Event()
    for number in (1, 3, OBJECTS - 1):
        flip(path_of(parts, keys[number]))

    class Readers(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            ended.set()
            super().shutdown(wait)

    def opening(key: str) -> None:
        opened.append(key)
        if key >= keys[AT_ONCE]:
            assert ended.wait(10), "nobody was interrupted"

    def interrupt(fault: Fault) -> None:
        if fault.found.wanted.key == keys[3]:
            raise KeyboardInterrupt

    watch(many, opening)
    monkeypatch.setattr("flows.verify.ThreadPoolExecutor", Readers)
    with pytest.raises(KeyboardInterrupt):
        Verifier(parts, many, Counting(), interrupt).verify(keys, Depth.BYTES, "all")
    assert len({*opened}) <= AT_ONCE + _READERS, "only what was being read is read to its end"
    assert events(parts) == [("primary", "healed")] * 2
    assert parts.catalog.verifications.last() is None, "no run was finished"

    faults: list[Fault] = []
    again = Verifier(parts, many, Counting(), faults.append).verify(keys, Depth.BYTES, "all")
    assert [fault.found.wanted.key for fault in faults] == [keys[-1]]
    assert again.whole


def test_an_object_that_was_not_looked_at_is_told() -> None:
    Verified(asked=2, objects=2).must_add_up()
    with pytest.raises(PaperproofError, match="Of 2 objects only 1 "):
        Verified(asked=2, objects=1).must_add_up()

"""What many look at is gathered once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from flows.kept import Kept
from pipeline.errors import UserError
from pipeline.language import say

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_what_nobody_asked_for_in_a_long_time_is_made_again() -> None:
    kept: Kept[int] = Kept(10 * SECOND)
    made = iter(range(9))
    asked = [(1, 0), (1, 9), (2, 9), (1, 30), (1, 32)]
    assert [kept.get(key, NOW + at * SECOND, lambda: next(made)) for key, at in asked] == [
        0, 0, 1, 2, 2,
    ]  # fmt: skip


def test_what_is_old_is_given_while_it_is_made_again() -> None:
    kept: Kept[int] = Kept(10 * SECOND)
    go_on, begun, made = threading.Event(), threading.Event(), iter((1, 2))

    def slowly() -> int:
        begun.set()
        assert go_on.wait(60)
        return next(made)

    go_on.set()
    assert kept.get("map", NOW, slowly) == 1
    go_on.clear()
    begun.clear()
    assert kept.get("map", NOW + 11 * SECOND, slowly) == 1
    assert begun.wait(60)
    assert kept.get("map", NOW + 12 * SECOND, slowly) == 1  # waits for nobody, begins no other
    go_on.set()
    while kept.get("map", NOW + 13 * SECOND, slowly) != 2:
        pass


def test_what_cannot_be_made_again_is_told_to_who_asks_when_it_is_too_old() -> None:
    kept: Kept[int] = Kept(10 * SECOND)
    tried = threading.Event()

    def fail() -> int:
        tried.set()
        raise UserError(say("The catalog is away."))

    assert kept.get("map", NOW, lambda: 1) == 1
    assert kept.get("map", NOW + 11 * SECOND, fail) == 1
    assert tried.wait(60)
    with pytest.raises(UserError):
        kept.get("map", NOW + 30 * SECOND, fail)


def test_who_wants_the_same_at_once_waits_for_it() -> None:
    kept: Kept[int] = Kept(10 * SECOND)
    begun, go_on, made = threading.Event(), threading.Event(), []

    def slowly() -> int:
        made.append(1)
        begun.set()
        go_on.wait()
        return 7

    found: list[int] = []
    people = [
        threading.Thread(target=lambda: found.append(kept.get("map", NOW, slowly)))
        for _ in range(4)
    ]
    people[0].start()
    begun.wait()
    assert kept.get("another", NOW, lambda: 5) == 5  # waits for nobody
    for one in people[1:]:
        one.start()
    go_on.set()
    for one in people:
        one.join()
    assert (found, len(made)) == ([7] * 4, 1)

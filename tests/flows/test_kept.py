"""What many look at is gathered once."""

import threading
from datetime import UTC, datetime, timedelta

from flows.kept import Kept

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_it_is_made_again_when_it_is_old() -> None:
    kept: Kept[int] = Kept(10 * SECOND)
    made = iter(range(9))
    asked = [(1, 0), (1, 9), (2, 9), (1, 10), (1, 12)]
    assert [kept.get(key, NOW + at * SECOND, lambda: next(made)) for key, at in asked] == [
        0, 0, 1, 2, 2,
    ]  # fmt: skip


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

"""The index of all volumes finds the newest file of an object and lists keys in order, from the disk."""

import threading

from hypothesis import given
from hypothesis import strategies as some

from storage.cold_index import ColdIndex

KEYS = some.sets(some.text(some.sampled_from("ab/é\uffff\U0001f600"), min_size=1, max_size=4))


@given(KEYS, KEYS, some.text(some.sampled_from("ab/é"), max_size=2))
def test_it_is_a_mapping_with_its_keys_in_the_order_of_their_bytes(
    first: set[str], second: set[str], prefix: str
) -> None:
    index = ColdIndex()
    known: dict[str, tuple[str, str]] = {}
    for volume, keys in (("PP-000001", first), ("PP-000002", second)):
        index.add(volume, ((key, f"objects/{key}") for key in keys))
        known |= {key: (volume, f"objects/{key}") for key in keys}
    assert {key: index.find(key) for key in known} == known
    assert index.find("none") is None
    wanted = sorted((key for key in known if key.startswith(prefix)), key=str.encode)
    assert list(index.keys(prefix)) == wanted


def test_more_keys_than_are_read_at_once_are_listed_each_once() -> None:
    index = ColdIndex()
    keys = [f"obj/{number:05d}" for number in range(2_500)]
    index.add("PP-000001", ((key, key) for key in reversed(keys)))
    assert list(index.keys("")) == list(index.keys("obj/")) == keys
    assert list(index.keys("obj/01")) == keys[1000:2000]
    listed = index.keys("")
    assert next(listed) == keys[0]
    index.add("PP-000002", [(keys[-1], "newer")])  # while it is being listed
    assert list(listed) == keys[1:]


def test_several_threads_may_ask() -> None:
    index = ColdIndex()
    index.add("PP-000001", [(f"{number}", f"{number}.jpg") for number in range(500)])
    found: list[bool] = []

    def ask() -> None:
        found.append(all(index.find(f"{n}") == ("PP-000001", f"{n}.jpg") for n in range(500)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4

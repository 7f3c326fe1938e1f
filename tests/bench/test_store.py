"""The measurements of the copies do the work that they time, and tell what their rounds say."""

from pathlib import Path

import pytest

from bench.store import Round, run, summary
from bench.store_archive import byte_count, deliver
from bench.store_memory import growth
from storage.store import digest, sha256_of_key


def test_what_is_delivered_has_the_names_that_it_is_stored_under(tmp_path: Path) -> None:
    pages = deliver(tmp_path, 3, 200, seed=1)
    assert byte_count(pages) > 3 * 200
    for one in pages:
        for key, path in zip(one.keys, one.files, strict=True):
            assert sha256_of_key(key) == digest(path.read_bytes())
        assert one.inspected().sha256 == one.arrival.sha256
        assert one.claimed().byte_count == 200
    assert {one.arrival.sha256 for one in deliver(tmp_path, 3, 200, seed=2)}.isdisjoint(
        one.arrival.sha256 for one in pages
    )


def test_the_median_round_is_told_and_rounds_are_compared_one_by_one() -> None:
    seconds = {"ours": (1.0, 2.0, 9.0), "theirs": (2.0, 4.0, 9.0)}
    rounds = [
        Round(name, "take in", 100, 10**6, one, 0.1, 0.2)
        for name, its in seconds.items()
        for one in its
    ]
    ours, theirs = summary(rounds)
    assert (ours["objects_a_second"], ours["mb_a_second"]) == (50.0, 0.5)
    assert ours["times"] == {"theirs": 2.0}
    assert theirs["times"] == {"ours": 0.5}


def test_growth_is_of_the_peak_for_each_further_page() -> None:
    rows = [
        {"act": "sweep", "pages": 1_000, "peak_mib": 100.0},
        {"act": "sweep", "pages": 11_000, "peak_mib": 110.0},
        {"act": "list", "pages": 1_000, "peak_mib": 100.0},
    ]
    assert growth(rows) == {"sweep": pytest.approx(1048.6)}


@pytest.mark.slow
def test_all_contestants_do_their_work_on_real_servers() -> None:
    figures = run(10, seed=1)
    assert {(row["what"], row["contestant"]) for row in figures["rows"]} == {
        ("take in", "paperproof"),
        ("take in", "bare SDK"),
        ("take in", "bare SDK, same puts"),
        ("take in", "rclone"),
        ("verify", "paperproof"),
        ("verify", "bare SDK"),
        ("verify", "rclone"),
        ("verify", "sha256sum"),
        ("verify", "sha256sum, 2 at once"),
    }

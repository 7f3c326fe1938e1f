"""The simulated stream is the same each time and says the truth; decisions are counted against it."""

from collections import Counter
from pathlib import Path

import pytest

from bench.contestants import bulk, by_day, rows_of
from bench.match import growth, judged, upper_bound
from bench.simulated import Noise, write_stream
from pipeline.model import FieldName


def stream(folder: Path, noise: Noise, size: int = 300) -> dict[str, list[dict[str, str]]]:
    write_stream(folder, size, noise, 5)
    return {name: list(rows_of(folder / f"{name}.csv")) for name in ("transactions", "pages")}


def test_a_stream_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first = stream(tmp_path / "1", Noise())
    assert stream(tmp_path / "2", Noise()) == first
    assert len(first["transactions"]) == 300


def test_without_noise_a_page_says_what_is_booked_but_where_it_was_booked_otherwise(
    tmp_path: Path,
) -> None:
    made = stream(tmp_path, Noise(0, 0, 0))
    booked = {row["number"]: row for row in made["transactions"]}
    papers = [page for page in made["pages"] if page["truth"] != "-1"]
    differ = sum(
        any(page[name] and page[name] != booked[page["truth"]][name] for name in FieldName)
        for page in papers
    )
    assert differ < len(papers) / 50
    serials = Counter(row["serial_no"] for row in made["transactions"])
    assert max(serials.values()) == 1


def test_the_noise_is_as_large_as_it_is_said_to_be(tmp_path: Path) -> None:
    noise = Noise(wrong=0.1, unread=0.2, bad_pages=0)
    made = stream(tmp_path, noise, 1_000)
    booked = {row["number"]: row for row in made["transactions"]}
    pairs = [
        (page[name], booked[page["truth"]][name])
        for page in made["pages"]
        if page["truth"] != "-1" and page["coded"] == "0"
        for name in FieldName
        if booked[page["truth"]][name]
    ]
    unread = sum(not read for read, _ in pairs) / len(pairs)
    wrong = sum(bool(read) and read != right for read, right in pairs) / len(pairs)
    assert unread == pytest.approx(0.2, abs=0.02)
    assert wrong == pytest.approx(0.08, abs=0.02), (
        "of the values that are read, and few booked otherwise"
    )


def test_matching_a_stream_is_judged_by_its_truth(tmp_path: Path) -> None:
    made = stream(tmp_path, Noise())
    ran = bulk(tmp_path)
    assert sorted(by_day(tmp_path).pairs) == sorted(ran.pairs)
    told = judged(ran.pairs, tmp_path)
    assert told["false"] == 0
    assert told["auto_share"] > 0.97
    truth = {int(page["number"]): int(page["truth"]) for page in made["pages"]}
    turned = [(transaction + 1, page) for transaction, page in ran.pairs]
    wrong = sum(truth[page] != transaction for transaction, page in turned)
    assert judged(turned, tmp_path)["false"] == wrong > 0


def test_the_bound_is_the_rule_of_three_where_nothing_is_false() -> None:
    assert upper_bound(0, 100_000) == pytest.approx(3 / 100_000, rel=0.01)
    assert upper_bound(0, 0) == upper_bound(3, 3) == 1.0
    assert upper_bound(2, 100) > upper_bound(1, 100) > 0.01


def test_growth_is_told_from_the_smallest_to_the_largest() -> None:
    rows = [
        {"contestant": "a", "noise": 1.0, "size": size, "seconds": size**1.5}
        for size in (1_000, 100, 10_000)
    ]
    assert growth(rows) == {"a": pytest.approx(1.5)}
    assert growth(rows[:1]) == {}

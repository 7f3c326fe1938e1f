"""Separators part pages into vouchers, covers say how many: every page in one place, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipeline.balance import CatalogedPage
from pipeline.model import Box, FieldName, FieldValue
from pipeline.sheets import Separator, cover_of
from pipeline.vouchers import (
    continuation_pages,
    counted_by_cover,
    differences,
    leaders,
    natural,
    parted,
)

DAY = date(2026, 11, 19)
SEPARATOR = Separator().text


def cover(vouchers: int, pages: int, batch: str = "b", branch: str = "3301") -> str:
    return cover_of(branch, DAY, batch, vouchers=vouchers, pages=pages).text


def page(number: int, kind: str = "admitted", *, batch_id: str = "b") -> CatalogedPage:
    """A delivery: ``kind`` is a state, the code of a sheet, or "serial:…" for a page that bears one."""
    sheet = kind if kind.startswith("PPROOF") else None
    serial = kind.removeprefix("serial:") if kind.startswith("serial:") else None
    value = FieldValue(FieldName.SERIAL_NO, serial or "", 1.0, "barcode", Box(0, 0, 1, 1))
    return CatalogedPage(
        page_id=f"page-{batch_id}-{number}",
        delivery_id=f"delivery-{batch_id}-{number}",
        name=f"{number}.jpg",
        branch="3301",
        sequence=number,
        state="sheet" if sheet else "admitted" if serial else kind,
        fields={FieldName.SERIAL_NO: value} if serial else {},
        batch_id=batch_id,
        sheet=sheet,
    )


def batch(*kinds: str) -> tuple[CatalogedPage, ...]:
    return parted(page(number, kind) for number, kind in enumerate(kinds, 1))


def shape(pages: Sequence[CatalogedPage]) -> list[int | None]:
    return [one.voucher for one in pages]


KINDS = st.sampled_from(
    ["admitted", "serial:A", "serial:B", "blank", "refused", SEPARATOR, cover(2, 3), cover(1, 1)]
)


@given(st.lists(KINDS), st.lists(KINDS), st.randoms(use_true_random=False))
def test_every_page_is_in_one_voucher_and_counts_add_up(
    one: list[str], other: list[str], random: Random
) -> None:
    given_pages = [page(n, kind, batch_id="one") for n, kind in enumerate(one, 1)]
    given_pages += [page(n, kind, batch_id="two") for n, kind in enumerate(other, 1)]
    pages = parted(given_pages)
    assert [replace(each, voucher=None) for each in pages] == given_pages
    assert all(each.voucher is None for each in pages if each.sheet)
    runs = [
        [each.voucher for each in run]
        for _, of_batch in groupby(pages, key=lambda each: each.batch_id)
        for is_sheet, run in groupby(of_batch, key=lambda each: each.sheet is not None)
        if not is_sheet
    ]
    assert all(len(set(run)) == 1 for run in runs), "nothing between two sheets is torn apart"
    numbers = [run[0] for run in runs if run[0] is not None]
    assert numbers == sorted(set(numbers)), "no voucher goes on behind a sheet"
    shuffled = list(given_pages)
    random.shuffle(shuffled)
    assert grouped(parted(shuffled)) == grouped(pages), "a page that came late stands at its place"
    counts = counted_by_cover(pages)
    before = sum(
        each.state == "admitted"
        for kinds in (one, other)
        for each in parted(page(n, k) for n, k in enumerate(_before_cover(kinds), 1))
    )
    admitted = sum(each.state == "admitted" for each in pages)
    assert sum(count.pages for count in counts) == admitted - before


def grouped(pages: Sequence[CatalogedPage]) -> set[frozenset[str]]:
    members: dict[int | None, set[str]] = {}
    for each in pages:
        members.setdefault(each.voucher, set()).add(each.delivery_id)
    return set(map(frozenset, members.values()))


def _before_cover(kinds: list[str]) -> list[str]:
    covers = [at for at, kind in enumerate(kinds) if kind.startswith("PPROOFC")]
    return kinds[: covers[0]] if covers else kinds


@given(st.lists(KINDS))
def test_a_page_that_follows_follows_one_that_leads(kinds: list[str]) -> None:
    pages = batch(*kinds)
    followed = leaders(pages)
    by_id = {each.delivery_id: each for each in pages}
    for follower, leader in followed.items():
        assert leader.delivery_id not in followed
        assert by_id[follower].voucher == leader.voucher is not None
        assert by_id[follower].state == leader.state == "admitted"
    of_vouchers = {e.voucher for e in pages if e.voucher and e.state == "admitted"}
    assert of_vouchers == {
        each.voucher
        for each in pages
        if each.voucher and each.state == "admitted" and each.delivery_id not in followed
    }


def test_separators_part_and_none_leaves_pages_as_they_are() -> None:
    assert shape(batch("admitted", "admitted")) == [None, None]
    parts = ("admitted", "admitted", SEPARATOR, SEPARATOR, "blank", "admitted", SEPARATOR)
    assert shape(batch(*parts)) == [1, 1, None, None, 2, 2, None]
    assert shape(batch("admitted", cover(1, 1), "admitted", SEPARATOR)) == [None, None, 1, None]


def test_a_continuation_page_follows_the_serial_number_before_it() -> None:
    pages = batch("admitted", "serial:A", "admitted", "serial:B", "admitted", "serial:A", SEPARATOR)
    names = {follower: leader.name for follower, leader in leaders(pages).items()}
    assert names == {
        "delivery-b-1": "2.jpg",
        "delivery-b-3": "2.jpg",
        "delivery-b-5": "4.jpg",
        "delivery-b-6": "2.jpg",
    }
    assert continuation_pages(pages) == {"page-b-1", "page-b-3", "page-b-5", "page-b-6"}


def test_without_serial_numbers_the_fullest_page_leads() -> None:
    first, second, separator = batch("admitted", "admitted", SEPARATOR)
    name = FieldValue(FieldName.CUSTOMER_NAME, "余玲", 1.0, "rapidocr", Box(0, 0, 1, 1))
    fuller = replace(second, fields={FieldName.CUSTOMER_NAME: name})
    assert leaders([first, fuller, separator]) == {first.delivery_id: fuller}


def test_a_refused_page_scanned_again_under_its_name_stands_at_its_place() -> None:
    pages = [page(1), replace(page(2), state="refused"), page(3, SEPARATOR), page(4)]
    again = replace(page(5), name="2.jpg")
    assert shape(parted([*pages, again])) == [1, 1, None, 2, 1]


def test_where_names_repeat_the_order_of_arrival_holds() -> None:
    pages = [page(1), page(2, SEPARATOR), replace(page(3), name="1.jpg")]
    assert shape(parted(pages)) == [1, None, 2]


def test_a_cover_is_held_against_what_came_behind_it() -> None:
    good = batch(cover(2, 3), "serial:A", "admitted", SEPARATOR, "serial:B", "blank", "refused")
    (count,) = counted_by_cover(good)
    assert (count.vouchers, count.pages, count.refused, count.agrees) == (2, 3, 1, True)
    (short,) = counted_by_cover(batch(cover(2, 3), "serial:A", SEPARATOR, "serial:B"))
    assert not short.agrees
    assert "2 vouchers of 3 pages, 2 of 2 are in and 0 pages refused" in str(short.message)
    (merged,) = counted_by_cover(batch(cover(2, 2), "serial:A", "serial:B", SEPARATOR))
    assert (merged.vouchers, merged.agrees) == (1, False), "a separator is missing"
    (plain,) = counted_by_cover(batch(cover(2, 3), "serial:A", "serial:B"))
    assert (plain.vouchers, plain.agrees) == (None, False)
    assert "says 3 pages, 2 are in" in str(plain.message)


def test_two_covers_are_counted_apart_and_one_scanned_twice_once() -> None:
    first, second = cover(1, 2, "one"), cover(1, 1, "two")
    kinds = (first, "admitted", "admitted", second, "admitted")
    assert [count.pages for count in counted_by_cover(batch(*kinds))] == [2, 1]
    assert [c.agrees for c in counted_by_cover(batch(first, "admitted", first, "admitted"))] == [
        True
    ]


def test_a_cover_of_another_branch_is_told_before_its_numbers() -> None:
    counts = counted_by_cover(batch(cover(9, 9, branch="3302"), "admitted"))
    ((_, message),) = differences(counts, "3301", DAY)
    assert "another branch" in str(message)
    assert list(differences(counted_by_cover(batch(cover(1, 1), "admitted")), "3301", DAY)) == []


def test_two_comes_before_ten() -> None:
    assert sorted(["a10", "a2", "a2b"], key=natural) == ["a2", "a2b", "a10"]

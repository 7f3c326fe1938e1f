"""Registered papers against images: every paper ends with an image, explained, or without; none in two."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.paper import (
    PaperAct,
    PaperEntry,
    PaperGroup,
    PaperImage,
    PaperKey,
    PaperReason,
    count_papers,
)

AT = datetime(2026, 11, 19, tzinfo=UTC)


def registered(
    count: int = 0, *, batch: str | None = None, handler: str = "T1", serials: tuple[str, ...] = ()
) -> PaperEntry:
    key = PaperKey(batch=batch, handler=handler)
    return PaperEntry(1, PaperAct.REGISTER, count or len(serials), key, serials, None, "", "吴", AT)


def explained(count: int, **of: str) -> PaperEntry:
    reason = PaperReason.SPOILED
    return PaperEntry(2, PaperAct.EXPLAIN, count, PaperKey(**of), (), reason, "", "吴", AT)


def images(
    count: int, batch: str = "b1", handler: str | None = "T1", serial: str | None = None
) -> list[PaperImage]:
    return [PaperImage(batch, serial, handler)] * count


def terms(groups: tuple[PaperGroup, ...]) -> list[tuple[int, ...]]:
    return [(g.registered, g.imaged, g.explained, g.without_image, g.over) for g in groups]


def counted(
    entries: list[PaperEntry], pages: list[PaperImage], covers: Mapping[str, int] | None = None
) -> list[tuple[int, ...]]:
    return terms(count_papers(entries, covers or {}, pages))


def test_where_nothing_is_registered_nothing_is_compared() -> None:
    assert counted([], images(5)) == []
    assert counted([registered(3, batch="b1")], images(3) + images(9, "b2", "T2")) == [
        (3, 3, 0, 0, 0)
    ]
    assert counted([registered(3)], images(3) + images(4, "b2", "T2")) == [(3, 3, 0, 0, 0)]


@pytest.mark.requirement("CG-16.1a")
def test_a_paper_without_image_is_told_until_it_is_explained() -> None:
    entries = [registered(5, batch="b1")]
    assert counted(entries, images(3)) == [(5, 3, 0, 2, 0)]
    assert counted([*entries, explained(1, batch="b1")], images(3)) == [(5, 3, 1, 1, 0)]
    assert counted([*entries, explained(2)], images(3)) == [(5, 3, 2, 0, 0)]


def test_an_explanation_is_of_the_papers_that_it_names_most_exactly() -> None:
    entries = [registered(4, batch="b1"), registered(1)]
    told = [*entries, explained(1, handler="T1")]
    assert counted(told, images(3)) == [(4, 3, 0, 1, 0), (1, 0, 1, 0, 0)]
    assert counted([*told, explained(1, handler="T1")], images(3)) == [
        (4, 3, 1, 0, 0),
        (1, 0, 1, 0, 0),
    ]


def test_more_is_explained_than_there_is_of_those_papers() -> None:
    assert counted([registered(4, batch="b1"), explained(9, batch="b1")], []) == [(4, 0, 4, 0, 5)]


def test_more_images_or_explanations_than_papers_are_told() -> None:
    assert counted([registered(2, batch="b1")], images(3)) == [(2, 2, 0, 0, 1)]
    assert counted([registered(2, batch="b1"), explained(2)], images(1)) == [
        (2, 1, 1, 0, 0),
        (0, 0, 0, 0, 1),
    ]
    assert counted([explained(2, batch="b7")], images(3)) == [(0, 0, 0, 0, 2)]


@pytest.mark.requirement("CG-13a")
def test_a_cover_registers_its_batch_but_not_twice() -> None:
    assert counted([], images(2), {"b1": 3}) == [(3, 2, 0, 1, 0)]
    assert counted([registered(2, batch="b1")], images(2), {"b1": 3}) == [(2, 2, 0, 0, 0)]
    of_serials = registered(batch="b1", serials=("1", "2"))
    pages = [*images(1, serial="1"), *images(1, serial="2"), *images(1)]
    assert counted([of_serials], pages, {"b1": 3}) == [(1, 1, 0, 0, 0)] * 3


@pytest.mark.requirement("CG-05a")
def test_a_paper_registered_by_its_number_needs_its_own_image() -> None:
    entries = [registered(serials=("1", "2"))]
    assert counted(entries, images(9, serial="1")) == [(1, 1, 0, 0, 0), (1, 0, 0, 1, 0)]
    assert counted([*entries, explained(1, serial_no="2")], images(1, serial="1")) == [
        (1, 1, 0, 0, 0),
        (1, 0, 1, 0, 0),
    ]


def test_images_that_fit_no_transaction_stand_for_papers_that_a_handler_lacks() -> None:
    entries = [registered(3), registered(2, handler="T2")]
    pages = [*images(2), *images(1, handler="T2"), *images(1, handler=None)]
    assert counted(entries, pages) == [(3, 3, 0, 0, 0), (2, 1, 0, 1, 0)]


def test_a_refused_page_that_came_again_elsewhere_has_an_image_in_its_own_batch() -> None:
    again = PaperImage("b1", None, None, replaced=True)
    assert counted([registered(2, batch="b1")], [*images(1), again, *images(1, "rescans")]) == [
        (2, 2, 0, 0, 0)
    ]
    assert counted([registered(2)], [*images(1), again]) == [(2, 1, 0, 1, 0)]


names = st.sampled_from(["b1", "b2", "b3"])
tellers = st.sampled_from(["T1", "T2"])
registers = st.builds(
    registered, st.integers(1, 5), batch=st.none() | names, handler=tellers
) | st.builds(registered, serials=st.sampled_from([("1",), ("1", "2"), ("3", "4", "5")]))
explanations = st.builds(
    lambda count, of: explained(count, **of),
    st.integers(1, 4),
    st.sampled_from([{}, {"batch": "b1"}, {"handler": "T1"}, {"serial_no": "1"}]),
)
pictures = st.builds(
    PaperImage, names, st.none() | st.sampled_from("123456"), st.none() | tellers, st.booleans()
)


@pytest.mark.requirement("CG-05a")
@given(
    st.lists(registers | explanations, max_size=6),
    st.dictionaries(names, st.integers(1, 6), max_size=2),
    st.lists(pictures, max_size=12),
)
def test_every_paper_and_every_image_is_counted_once(
    entries: list[PaperEntry], covers: dict[str, int], pages: list[PaperImage]
) -> None:
    groups = count_papers(entries, covers, pages)
    for group in groups:
        assert group.registered == group.imaged + group.explained + group.without_image
        assert min(group.imaged, group.explained, group.without_image, group.over) >= 0
        assert not (group.without_image and group.over)
    assert sum(group.images for group in groups) <= len(pages)
    told = sum(entry.count for entry in entries if entry.kind is PaperAct.EXPLAIN)
    assert sum(group.explanations for group in groups) == told

"""Bundles in their order, whatever was killed, lost, or written by several catalogs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.bundle_chain import Branch, BundleHead, Link, chain_of


def link(name: str, no: int, previous: str | None, until: int = 0, catalog: str = "A") -> Link:
    return Link(BundleHead(no, previous, "0029", until or no, catalog), name)


LINE = [link(f"a{no}", no, f"a{no - 1}" if no > 1 else None) for no in range(1, 6)]


def names(links: list[Link], preferred: str = "") -> list[str]:
    return [one.sha256 for one in chain_of(links, preferred).links]


@given(st.sets(st.integers(1, 5), min_size=1), st.randoms())
def test_what_is_missing_is_told_and_the_rest_keeps_its_order(
    there: set[int], random: object
) -> None:
    found = [one for one in LINE if one.head.no in there]
    random.shuffle(found)  # type: ignore[attr-defined]
    chain = chain_of(found)
    assert [one.head.no for one in chain.links] == sorted(there)
    assert set(chain.gaps) == set(range(1, max(there))) - there
    assert chain.others == ()


def test_nothing_is_no_chain() -> None:
    assert chain_of([]).links == () and chain_of([]).catalog == ""


@given(st.integers(1, 5), st.sampled_from([-1, 0, 1]))
def test_a_bundle_that_never_counted_is_passed_over(no: int, later: int) -> None:
    """A run was killed between keeping and entering, or overtaken; at the end the later one counts."""
    left = link("left", no, LINE[no - 1].head.previous, until=no + later)
    chain = chain_of([*LINE, left])
    counted = max((no, f"a{no}"), (no + later, "left"))[1] if no == 5 else f"a{no}"
    names = [one.sha256 for one in chain.links]
    assert [name for name in names if name.endswith(str(no)) or name == "left"] == [counted]
    assert len(names) == 5 and chain.others == () and chain.gaps == ()


REBUILT = [
    link("b4", 4, "a3", catalog="B"),
    link("b5", 5, "b4", catalog="B"),
    link("b6", 6, "b5", catalog="B"),
]


def test_a_rebuilt_catalog_that_had_not_all_is_a_branch_beside_the_rest_of_the_lost_one() -> None:
    chain = chain_of([*LINE, *REBUILT])
    assert [one.sha256 for one in chain.links] == ["a1", "a2", "a3", "b4", "b5", "b6"]
    assert chain.others == (Branch("A", 4, 5),)
    assert chain.catalog == "B"


def test_the_branch_that_is_wanted_is_played() -> None:
    for wanted in ("A", "a5", "a4"):
        assert names([*LINE, *REBUILT], wanted) == ["a1", "a2", "a3", "a4", "a5"]
    assert names([*LINE, *REBUILT], "a3")[-1] == "b6"
    assert names([*LINE, *REBUILT], "nobody")[-1] == "b6"


def test_one_bundle_of_the_lost_catalog_is_enough_to_be_told() -> None:
    """Numbers alone could not tell it from a run that was killed."""
    chain = chain_of([*LINE[:4], *REBUILT])
    assert chain.others == (Branch("A", 4, 4),)


def test_a_rebuilt_catalog_that_had_all_goes_on() -> None:
    chain = chain_of([*LINE, link("b6", 6, "a5", catalog="B")])
    assert chain.others == () and len(chain.links) == 6


def test_bundles_from_before_catalogs_had_an_id_are_followed() -> None:
    old = [link(one.sha256, one.head.no, one.head.previous, catalog="") for one in LINE]
    killed = link("killed", 5, "a4", until=4, catalog="")
    chain = chain_of([*old[:4], killed, link("a5", 5, "a4", catalog="A")])
    assert chain.others == () and chain.links[-1].sha256 == "a5"


def test_a_copy_of_the_database_that_was_used_beside_it_is_a_branch() -> None:
    copied = [link("c4", 4, "a3"), link("c5", 5, "c4"), link("c6", 6, "c5")]
    chain = chain_of([*LINE, *copied])
    assert chain.links[-1].sha256 == "c6"
    assert chain.others == (Branch("A", 4, 5),)


def test_where_the_right_one_is_missing_one_of_its_number_stands_in() -> None:
    left = link("left", 4, "a3")
    chain = chain_of([*(one for one in LINE if one.head.no != 4), left])
    assert [one.sha256 for one in chain.links] == ["a1", "a2", "a3", "left", "a5"]
    assert chain.gaps == (4,)

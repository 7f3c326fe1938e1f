"""What becomes of canaries is held against their plan: nothing missing, nothing beside it, none left out."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, DiscrepancyKind, Match
from pipeline.canaries import (
    DOUBT,
    GROUPS,
    MATCHED,
    TITLES,
    Canary,
    Fact,
    Group,
    compare,
    counts,
)
from pipeline.language import say

DAY = date(2026, 11, 26)


def page(name: str, *doubts: str) -> CatalogedPage:
    return CatalogedPage(name, name, name, "9999", 1, "admitted", doubts=doubts)


def found(
    kind: DiscrepancyKind, name: str | None, serial: str | None, *details: str
) -> Discrepancy:
    return Discrepancy(
        kind,
        "9999",
        serial,
        (page(name),) if name else (),
        {},
        dict.fromkeys(details, ""),
        say("The page is blank."),
        say("The page is blank."),
        "teller",
        None,
        DAY,
        False,
    )


def result(*discrepancies: Discrepancy, matched: dict[str, CatalogedPage]) -> BranchDay:
    matches = tuple(Match(serial, (one,), "serial", 40.0, ()) for serial, one in matched.items())
    return BranchDay(DAY, "9999", True, {}, matches, discrepancies)


GOOD = Canary("good-qr", Group.GOOD, "1", ("a.jpg",), frozenset({Fact(MATCHED, "a.jpg")}))
CROOKED = Canary(
    "bad-crooked",
    Group.BAD,
    "2",
    ("b.jpg",),
    frozenset({Fact("QUALITY_REJECT", "b.jpg", "Q07"), Fact("MISSING_IMAGE")}),
)
AMOUNT = Canary(
    "forged-amount",
    Group.FORGED,
    "3",
    ("c.jpg",),
    frozenset({Fact(MATCHED, "c.jpg"), Fact("FIELD_MISMATCH", "c.jpg", "amount")}),
)
EVERY = (GOOD, CROOKED, AMOUNT)
MATCHES = {"1": page("a.jpg"), "3": page("c.jpg")}
REFUSED = found(DiscrepancyKind.QUALITY_REJECT, "b.jpg", None, "serial_no", "Q07")
MISSING = found(DiscrepancyKind.MISSING_IMAGE, None, "2", "amount")
DIFFERS = found(DiscrepancyKind.FIELD_MISMATCH, "c.jpg", "3", "amount")
AS_PLANNED = result(REFUSED, MISSING, DIFFERS, matched=MATCHES)


def otherwise(day: BranchDay) -> list[str]:
    return [one.name for one in compare(EVERY, day) if not one.as_planned]


def test_all_as_planned() -> None:
    assert otherwise(AS_PLANNED) == []
    assert counts(compare(EVERY, AS_PLANNED)) == {"canaries": 3, "as_planned": 3, "otherwise": 0}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"matches": AS_PLANNED.matches[1:]}, ["good-qr"]),
        ({"discrepancies": (MISSING, DIFFERS)}, ["bad-crooked"]),
        ({"discrepancies": (REFUSED, MISSING)}, ["forged-amount"]),
        (
            {
                "discrepancies": (
                    REFUSED,
                    MISSING,
                    found(DiscrepancyKind.FIELD_MISMATCH, "c.jpg", "3", "customer_name"),
                )
            },
            ["forged-amount"],
        ),
        (
            {"discrepancies": (*AS_PLANNED.discrepancies, replace(MISSING, serial_no="1"))},
            ["good-qr"],
        ),
        (
            {"matches": result(matched={"3": page("a.jpg"), "1": page("c.jpg")}).matches},
            ["good-qr", "forged-amount"],
        ),
    ],
    ids=["not matched", "not refused", "not found", "other field", "found too much", "crossed"],
)
def test_whatever_comes_otherwise_is_named(changes: dict[str, Any], names: list[str]) -> None:
    assert otherwise(replace(AS_PLANNED, **changes)) == names


def test_a_refused_page_may_have_more_faults_and_doubts_explain_only() -> None:
    more = found(DiscrepancyKind.QUALITY_REJECT, "b.jpg", None, "Q07", "Q08")
    doubted = result(more, MISSING, DIFFERS, matched={**MATCHES, "1": page("a.jpg", "turned")})
    assert otherwise(doubted) == []
    planned = replace(GOOD, planned=GOOD.planned | {Fact(DOUBT, "a.jpg", "turned")})
    assert compare([planned], doubted)[0].as_planned
    assert not compare([planned], AS_PLANNED)[0].as_planned


def test_what_belongs_to_no_canary_is_told_too() -> None:
    stray = found(DiscrepancyKind.SURPLUS_IMAGE, "x.jpg", None)
    day = replace(AS_PLANNED, discrepancies=(*AS_PLANNED.discrepancies, stray))
    last = compare(EVERY, day)[-1]
    assert (last.name, last.as_planned) == ("", False)
    assert last.came == (Fact("SURPLUS_IMAGE", "x.jpg"),)


def test_every_canary_has_a_group() -> None:
    assert GROUPS.keys() == TITLES.keys()
    assert set(GROUPS.values()) == set(Group)

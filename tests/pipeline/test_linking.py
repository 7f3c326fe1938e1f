"""Slips and rows, one to one: what is proven, what a person decides, what never happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.linking import LedgerRow, Linking, NamedSlip, Why, link_slips
from pipeline.model import Box, PlacedValue
from pipeline.slips import Slip, SlipField

S = SlipField
ROW = LedgerRow(
    "B1",
    date(2023, 4, 28),
    Decimal("798.27"),
    "965383565359",
    "厦门鹭岛国际货运代理有限公司",
    "5526588202458560",
    "陈梅",
    "6713155774120445",
)
NEXT_DAY = replace(ROW, txn_id="B2", date=date(2023, 4, 29), bank_ref="408919184758")
BACK = replace(
    ROW,
    txn_id="B3",
    bank_ref="304826744733",
    payer=ROW.payee,
    payer_account=ROW.payee_account,
    payee=ROW.payer,
    payee_account=ROW.payer_account,
)
TURNED_ROUND = replace(ROW, txn_id="B4", amount=Decimal("798.72"), bank_ref="408919184759")
OTHER = LedgerRow(
    "B9",
    date(2023, 1, 9),
    Decimal("12.00"),
    "111111111111",
    "甲公司",
    "1234567890",
    "乙",
    "99887766",
)
LEDGER = (ROW, NEXT_DAY, BACK, TURNED_ROUND, OTHER)


def slip(
    row: LedgerRow = ROW, page: str = "1.jpg", said: Mapping[str, str | None] | None = None
) -> NamedSlip:
    """A slip of a row, but for what is said otherwise; None was not read."""
    values = {**row.expected(), **{S(name): value for name, value in (said or {}).items()}}
    fields = {
        name: PlacedValue(value, 0.99, Box(0, 0, 1, 1), 0.0)
        for name, value in values.items()
        if value
    }
    return NamedSlip(page, Slip(fields, ()))


def linked(result: Linking) -> dict[str, str]:
    return {link.page: link.txn_id for link in result.links}


def test_every_slip_finds_its_row_among_rows_that_come_near() -> None:
    slips = [slip(row, f"{row.txn_id}.jpg") for row in LEDGER]
    result = link_slips(slips, LEDGER)
    assert linked(result) == {f"{row.txn_id}.jpg": row.txn_id for row in LEDGER}
    assert not result.unlinked and not result.rows_left and not result.copies
    assert {part.verdict for part in result.links[0].evidence} == {"agrees"}


@pytest.mark.parametrize(
    "said",
    [
        {"bank_ref": None},
        {"bank_ref": "965383565389"},
        {"amount": None},
        {"payee": "陈海", "payer": None},
        {"payee_account": None, "payer_account": None},
        {"date": None, "payer": None, "payee": None},
        {"payer_account": "5526588202458569"},
    ],
)
def test_one_value_misread_or_missing_does_not_lose_the_row(said: dict[str, str | None]) -> None:
    assert linked(link_slips([slip(said=said)], LEDGER)) == {"1.jpg": "B1"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"amount": "798.20"}, Why.DIFFERS),
        ({"payee_account": "1112223334445"}, Why.DIFFERS),
        ({"bank_ref": None, "payee": None, "payee_account": None}, Why.TWO_ROWS),
        ({"bank_ref": "111122223333"}, Why.NO_ROW),
        ({name: None for name in S if name is not S.PAYER}, Why.TOO_LITTLE),
    ],
)
def test_what_is_not_sure_goes_to_a_person(said: dict[str, str | None], why: Why) -> None:
    twin = replace(
        ROW, txn_id="B5", payee="别人", payee_account="4443332221", bank_ref="700000000000"
    )
    result = link_slips([slip(said=said)], (*LEDGER, twin))
    assert (result.links, [one.why for one in result.unlinked]) == ((), [why])


@pytest.mark.parametrize("unread", [(), (S.NUMBER,), (S.NUMBER, S.PAYEE), (S.NUMBER, S.DATE)])
def test_a_slip_whose_row_is_missing_is_linked_to_no_other(unread: tuple[SlipField, ...]) -> None:
    one = slip(said={str(name): None for name in unread})
    assert link_slips([one], LEDGER[1:]).links == ()


def test_a_slip_scanned_again_is_a_copy_of_the_one_better_read() -> None:
    worse = slip(page="1.jpg", said={"payee_account": None})
    result = link_slips([worse, slip(page="2.jpg"), slip(OTHER, "3.jpg")], LEDGER)
    assert linked(result) == {"2.jpg": "B1", "3.jpg": "B9"}
    assert result.copies == (("1.jpg", "2.jpg"),)


def test_two_slips_that_claim_one_row_are_both_for_a_person() -> None:
    one, two = (slip(page=page, said={"bank_ref": None}) for page in ("1.jpg", "2.jpg"))
    result = link_slips([one, two], [ROW])
    assert result.links == ()
    assert [item.why for item in result.unlinked] == [Why.TWO_ROWS, Why.TWO_ROWS]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(LEDGER),
            st.sets(st.sampled_from(list(ROW.expected()))),
        ),
        max_size=7,
    ),
    st.permutations(LEDGER),
)
def test_slips_and_rows_are_never_lost_and_never_linked_twice(
    read: list[tuple[LedgerRow, set[SlipField]]], ledger: list[LedgerRow]
) -> None:
    slips = [
        slip(row, f"{n}.jpg", {str(name): None for name in unread})
        for n, (row, unread) in enumerate(read)
    ]
    result = link_slips(slips, ledger)
    places = [
        *(link.page for link in result.links),
        *(page for page, _ in result.copies),
        *(one.page for one in result.unlinked),
    ]
    assert sorted(places) == sorted(one.page for one in slips)
    rows = [link.txn_id for link in result.links]
    assert len(rows) == len(set(rows)) == len(ledger) - len(result.rows_left)
    for link in result.links:
        assert read[int(link.page.removesuffix(".jpg"))][0].txn_id == link.txn_id
    again = link_slips(slips, LEDGER)
    assert linked(again) == linked(result)

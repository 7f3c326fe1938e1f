"""A hand-over is whole or nothing: differences explained, counts kept, giver and receiver two persons."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.handover import Handover, ItemState, VoucherPapers, items_to_give, receipt

VOUCHERS = [VoucherPapers("1", 2, 2), VoucherPapers("2", 3, 2), VoucherPapers("3", 1, 0)]
WHY = {"2": "续页遗失", "3": "客户带走"}


def handed_over(giver: str = "吴敏") -> Handover:
    at = datetime(2026, 11, 19, tzinfo=UTC)
    items = items_to_give(VOUCHERS, {}, WHY)
    return Handover(7, "3301", date(2026, 11, 19), "10009", giver, at, items)


@pytest.mark.requirement("CG-15b")
def test_differences_must_be_explained() -> None:
    with pytest.raises(UserError) as refused:
        items_to_give(VOUCHERS, {"1": 1}, {"2": "续页遗失", "1": "  "})
    assert str(refused.value) == (
        "2 items differ and nobody says why: 1 (expected 2, imaged 2, handed over 1), 3 (expected 1, imaged "
        "0, handed over 0). Add --explain SERIAL=WHY for each."
    )
    items = items_to_give(VOUCHERS, {}, WHY)
    assert [(item.papers, item.state) for item in items] == [
        (2, ItemState.GIVEN),
        (2, ItemState.GIVEN),
        (0, ItemState.NO_PAPER),
    ]


def test_what_is_not_due_cannot_be_handed_over() -> None:
    with pytest.raises(UserError, match="Nothing is to be handed over for 9"):
        items_to_give(VOUCHERS, {}, {**WHY, "9": "why"})
    with pytest.raises(UserError, match="Nothing is left"):
        items_to_give([], {}, {})


def test_the_giver_cannot_receive() -> None:
    with pytest.raises(UserError, match="gave hand-over 7 and cannot receive it"):
        receipt(handed_over(), " 吴 敏", {}, 4)


@pytest.mark.requirement("CG-15c")
def test_items_are_received_or_refused_one_by_one_and_counted() -> None:
    decided = receipt(handed_over(), "何静", {"2": "签章缺失"}, 2)
    assert [item.serial_no for item in decided.accepted] == ["1"]
    with pytest.raises(UserError, match=r"say 4 pages, 3 were counted.*Nothing was received"):
        receipt(handed_over(), "何静", {}, 3)
    for wrong in ({"3": "no paper to refuse"}, {"2": " "}, {"8": "unknown"}):
        with pytest.raises(UserError, match="cannot be refused"):
            receipt(handed_over(), "何静", wrong, 4)


def test_what_is_decided_waits_no_more() -> None:
    all_in = handed_over()
    in_store = tuple(replace(item, state=ItemState.IN_STORE) for item in all_in.items)
    with pytest.raises(UserError, match="Nothing of hand-over 7 waits"):
        receipt(replace(all_in, items=in_store), "何静", {}, 0)


counts = st.integers(0, 4)


@given(st.dictionaries(st.text("0123456789", min_size=1, max_size=3), st.tuples(counts, counts)))
def test_every_item_given_is_received_or_refused(told: dict[str, tuple[int, int]]) -> None:
    vouchers = [VoucherPapers(serial, max(n, m), n) for serial, (n, m) in told.items()]
    if not vouchers:
        return
    items = items_to_give(vouchers, {}, dict.fromkeys(told, "why"))
    handover = replace(handed_over(), items=items)
    waiting = handover.of(ItemState.GIVEN)
    if not waiting:
        return
    refused = {item.serial_no: "why" for item in waiting[::2]}
    papers = sum(item.papers for item in waiting if item.serial_no not in refused)
    decided = receipt(handover, "何静", refused, papers)
    assert len(decided.accepted) + len(decided.refused) == len(waiting)

"""What agreeing and differing is worth: rare values tell more, one customer tells once, slips are weighed."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given

from pipeline.balance import CatalogedPage
from pipeline.evidence import AGREES, DIFFERS, NEAR, NOT_EXPECTED, NOT_READ
from pipeline.matching import tables_of
from pipeline.model import FieldName, Transaction
from pipeline.pairing.columns import FIELDS, columns_of
from pipeline.pairing.weights import VERDICTS, Weights
from tests.pipeline.branch_day import Day, booked, near_days, scanned

F = FieldName


def bits(
    transactions: Sequence[Transaction], page: CatalogedPage, row: int = 0
) -> dict[FieldName, tuple[str, float]]:
    """Verdict and bits of each field of a page and the transaction of a row, by serial number."""
    weights = Weights(columns_of(*tables_of(transactions, [page])))
    weighed = weights.weigh(np.array([row]), np.array([0]))
    return {
        name: (VERDICTS[weighed.outcomes[0, place]], float(weighed.bits[0, place]))
        for place, name in enumerate(FIELDS)
    }


def test_verdicts_are_told_for_every_field() -> None:
    transaction = booked(1, fund_account=None)
    changed = {F.CUSTOMER_NO: transaction.customer_no[:-1] + "x", F.AMOUNT: "999999.99"}
    page = scanned(transaction, without=[F.BUSINESS_NAME], changed=changed)
    verdicts = {name: verdict for name, (verdict, _) in bits([transaction], page).items()}
    assert verdicts == {
        F.SERIAL_NO: AGREES,
        F.CUSTOMER_NO: NEAR,
        F.FUND_ACCOUNT: NOT_EXPECTED,
        F.CUSTOMER_NAME: AGREES,
        F.BUSINESS_NAME: NOT_READ,
        F.AMOUNT: DIFFERS,
        F.BUSINESS_DATE: AGREES,
    }


def test_a_value_that_others_have_too_tells_less() -> None:
    first = booked(1)
    other = booked(2, amount=first.amount, customer_name="别人")
    alone, shared = bits([first], scanned(first)), bits([first, other], scanned(first))
    assert alone[F.AMOUNT][1] > shared[F.AMOUNT][1] > 0
    assert alone[F.CUSTOMER_NO] == shared[F.CUSTOMER_NO]


def test_number_account_and_name_of_one_customer_are_one_piece_of_evidence() -> None:
    transaction = booked(1)
    told = bits([transaction], scanned(transaction))
    assert told[F.CUSTOMER_NO][1] > 12
    assert told[F.FUND_ACCOUNT][1] == told[F.CUSTOMER_NAME][1] == pytest.approx(0.96)
    by_name = bits([transaction], scanned(transaction, without=[F.CUSTOMER_NO, F.FUND_ACCOUNT]))
    assert by_name[F.CUSTOMER_NAME][1] > 12
    other = booked(2, customer_no=transaction.customer_no, customer_name="别人")
    own_account = bits([transaction, other], scanned(transaction))
    assert own_account[F.FUND_ACCOUNT][1] > 5, "it tells which of the customer's accounts"


def test_a_slip_into_a_booked_number_speaks_for_that_number() -> None:
    first, second = (
        booked(1, serial_no="20261119330100170"),
        booked(2, serial_no="20261119330100178"),
    )
    page = scanned(first, changed={F.SERIAL_NO: second.serial_no})
    near, own = (
        bits([first, second], page, 0)[F.SERIAL_NO],
        bits([first, second], page, 1)[F.SERIAL_NO],
    )
    assert near[0] == NEAR
    assert own[0] == AGREES
    assert own[1] - near[1] > 12
    unbooked = bits([first], page)[F.SERIAL_NO]
    assert unbooked[1] > near[1] + 4


def test_likely_slips_are_worth_more_than_others() -> None:
    transaction = booked(1, customer_no="9000104729")
    likely = bits([transaction], scanned(transaction, changed={F.CUSTOMER_NO: "9O00104729"}))
    unlikely = bits([transaction], scanned(transaction, changed={F.CUSTOMER_NO: "9X00104729"}))
    assert likely[F.CUSTOMER_NO][1] > unlikely[F.CUSTOMER_NO][1] + 4


@given(near_days())
def test_an_unrelated_transaction_changes_no_bits(day: Day) -> None:
    transactions, pages = day
    if not transactions or not pages:
        return
    unrelated = booked(99, serial_no="99", customer_name="司马相如", business_name="其他")
    first = min(transactions, key=lambda one: one.serial_no)
    assert bits([first, *transactions, unrelated], pages[0]) == bits(
        [first, *transactions], pages[0]
    )

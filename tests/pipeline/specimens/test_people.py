from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from pipeline.identity_number import is_identity_number
from pipeline.model import Transaction
from pipeline.specimens.people import (
    COMPANY_ID,
    PERSON_ID,
    branch_name,
    invent_transaction,
    person_id,
    with_other_amount,
    with_other_name,
)

SEEDS = range(40)


def invented(seed: int) -> Transaction:
    return invent_transaction(
        np.random.default_rng(seed),
        day=date(2026, 11, 19),
        branch="3301",
        serial_no="202611193301123456",
    )


def test_identity_numbers_check_as_the_standard_says() -> None:
    for seed in SEEDS:
        number = person_id(np.random.default_rng(seed))
        assert len(number) == 18
        assert is_identity_number(number, date(2026, 1, 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_transaction_has_what_a_counter_books(seed: int) -> None:
    booked = invented(seed)
    assert booked.expects_paper
    assert 10 <= len(booked.customer_no) <= 12
    assert booked.customer_no[0] != "0"
    assert booked.id_type in (PERSON_ID, COMPANY_ID)
    assert booked.amount is not None
    assert booked.amount > 0
    assert booked.amount == booked.amount.quantize(Decimal("0.01"))
    assert booked.occur_at.date() == booked.business_date


@pytest.mark.parametrize("seed", SEEDS)
def test_a_differing_amount_differs_in_one_or_two_digits(seed: int) -> None:
    booked = invented(seed)
    other = with_other_amount(booked, np.random.default_rng(seed))
    digits = [str(row.amount).replace(".", "") for row in (booked, other)]
    assert len(digits[0]) == len(digits[1])
    assert 1 <= sum(a != b for a, b in zip(*digits, strict=True)) <= 2
    assert replace(other, amount=booked.amount) == booked


@pytest.mark.parametrize("seed", SEEDS)
def test_a_differing_name_is_another_customers(seed: int) -> None:
    booked = invented(seed)
    other = with_other_name(booked, np.random.default_rng(seed))
    assert other.customer_name != booked.customer_name
    if booked.id_type == PERSON_ID:
        assert not set(other.customer_name) & set(booked.customer_name)


def test_a_branch_keeps_its_name() -> None:
    assert branch_name("3301") == branch_name("3301")
    assert branch_name("3301") != branch_name("3302")

"""Amounts in fen are told when what was booked before, or the file alone, speaks against them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.stream_units import ENOUGH, unit_doubt
from pipeline.specimens.people import invent_amount


def amounts(seed: int, count: int = 60) -> list[Decimal]:
    rng = np.random.default_rng(seed)
    return [invent_amount(rng) for _ in range(count)]


def in_fen(known: list[Decimal]) -> list[Decimal]:
    return [amount * 100 for amount in known]


@pytest.mark.parametrize("seed", range(20))
def test_a_file_in_fen_is_told_beside_earlier_days_in_yuan(seed: int) -> None:
    known = amounts(seed)
    assert unit_doubt("3301", amounts(seed + 100), known) is None
    told = unit_doubt("3301", in_fen(known), known)
    assert "some 100 times those booked before" in str(told)
    assert "a 100th of those booked before" in str(unit_doubt("3301", known, in_fen(known)))


def test_a_first_file_in_fen_is_told_by_itself() -> None:
    first = amounts(1)
    assert unit_doubt("3301", first, ()) is None
    assert "None of the 60 amounts" in str(unit_doubt("3301", in_fen(first), ()))


def test_whole_yuan_are_no_fen_where_they_are_usual() -> None:
    cash = [Decimal(100 * n) for n in range(1, 61)]
    assert unit_doubt("3301", cash, ()) is None
    assert unit_doubt("3301", [10 * one for one in cash], cash) is None


@given(st.lists(st.decimals("0.01", "1e12", places=2), max_size=ENOUGH - 1))
def test_of_few_amounts_nothing_is_told(new: list[Decimal]) -> None:
    assert unit_doubt("3301", new, amounts(1)) is None

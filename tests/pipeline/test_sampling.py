"""The blind sample: even, reproducible, and an honest bound."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom

from pipeline.errors import UserError
from pipeline.model import Transaction
from pipeline.sampling import (
    Answer,
    Decision,
    Measure,
    SampleItem,
    candidates,
    draw,
    measured,
)

DAY = date(2026, 11, 2)
AT = datetime(2026, 12, 1, tzinfo=UTC)


def decision(branch: str, day: int, number: int) -> Decision:
    return Decision(DAY + timedelta(days=day), branch, f"{number:06d}", ("a" * 64,), ("1.jpg",))


populations = st.lists(
    st.builds(
        decision,
        st.sampled_from(["3301", "3302", "3303"]),
        st.integers(0, 4),
        st.integers(0, 999_999),
    ),
    unique_by=lambda one: one.key,
    max_size=60,
)


@given(populations, st.integers(0, 80), st.integers(0, 2**40), st.randoms())
def test_the_same_seed_draws_the_same_evenly_in_any_order(
    population: list[Decision], size: int, seed: int, shuffler: object
) -> None:
    drawn = draw(population, size, seed)
    shuffler.shuffle(population)  # type: ignore[attr-defined]
    assert draw(population, size, seed) == drawn
    assert len(drawn) == len(set(drawn)) == min(size, len(population))
    there = Counter(one.branch for one in population)
    taken = Counter(one.branch for one in drawn)
    most = max(taken.values(), default=0)
    assert all(taken[branch] >= min(most - 1, there[branch]) for branch in there)
    for branch in there:
        days = Counter(one.day for one in drawn if one.branch == branch)
        of_branch = Counter(one.day for one in population if one.branch == branch)
        fullest = max(days.values(), default=0)
        assert all(days[day] >= min(fullest - 1, of_branch[day]) for day in of_branch)


def test_another_seed_draws_others() -> None:
    population = [decision("3301", day, 10 * day + n) for day in range(5) for n in range(10)]
    assert draw(population, 10, 1) != draw(population, 10, 2)


def row(serial: str, name: str, amount: str) -> Transaction:
    return Transaction(
        DAY, serial, "3301", datetime.fromisoformat("2026-11-02T09:30:00+08:00"), "3301", "1",
        name, "", "", "B601", "资金存入", "counter", "1", amount=Decimal(amount),
    )  # fmt: skip


def test_the_matched_one_stands_among_those_nearest_to_it_at_any_place() -> None:
    matched = row("000001", "余玲", "54030.33")
    near = [row(f"00000{n}", "余琳", "54030.38") for n in range(2, 6)]
    far = [row(f"98765{n}", "王大明", "7.00") for n in range(3)]
    places = set()
    for seed in range(40):
        shown = candidates(matched, [*far, matched, *near], (7, seed))
        assert set(shown) == {"000001", "000002", "000003", "000004", "000005"}
        assert shown == candidates(matched, [*near, *far], (7, seed))
        places.add(shown.index("000001"))
    assert places == set(range(5))


@pytest.mark.parametrize(("answered", "wrong"), [(60, 0), (60, 1), (300, 0), (300, 4)])
def test_the_bound_is_the_rate_at_which_so_few_would_be_found_once_in_twenty(
    answered: int, wrong: int
) -> None:
    bound = Measure(answered, answered, wrong).upper_bound
    assert bound == pytest.approx(beta.ppf(0.95, wrong + 1, answered - wrong))
    assert binom.cdf(wrong, answered, bound) == pytest.approx(0.05)


def test_nothing_answered_or_all_wrong_proves_nothing() -> None:
    assert (Measure(60, 0, 0).rate, Measure(60, 0, 0).upper_bound) == (None, 1.0)
    assert Measure(5, 5, 5).upper_bound == 1.0


def item(*choices: str | None, person: str = "李静") -> SampleItem:
    answers = tuple(Answer(person, choice, AT) for choice in choices)
    return SampleItem(1, decision("3301", 0, 7), ("000009", "000007"), answers)


def test_the_last_choice_counts_and_none_of_these_disagrees() -> None:
    assert item("000009", "000007").agrees
    assert not item("000007", None).agrees
    assert measured([item(), item("000007"), item(None)]) == Measure(3, 2, 1)


def test_who_may_choose() -> None:
    item("000007").may_answer("李 静", ())
    with pytest.raises(UserError, match="answered already"):
        item("000007").may_answer("赵敏", ())
    with pytest.raises(UserError, match="captured, keyed, handled or reviewed"):
        item().may_answer("Wang", {"wang"})
    assert [item().chosen(number) for number in range(3)] == [None, "000009", "000007"]
    for number in (-1, 3):
        with pytest.raises(UserError, match="no choice"):
            item().chosen(number)

"""The assignment of greatest weight, in tables and sparse; what is proven of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from pipeline import assignment
from pipeline.assignment import MatchRules, assigned, heaviest

weights = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)), st.integers(1, 40), max_size=30
)


def chosen(pairs: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    rows, columns = (np.array([pair[side] for pair in pairs], dtype=np.intp) for side in (0, 1))
    mask = heaviest(rows, columns, np.array(list(pairs.values()), dtype=np.float64))
    return sorted(pair for pair, taken in zip(pairs, mask, strict=True) if taken)


@given(weights, st.randoms(use_true_random=False))
def test_the_total_is_greatest_one_to_one_and_blind_to_the_order_of_pairs(
    pairs: dict[tuple[int, int], int], random: object
) -> None:
    table = np.zeros((8, 8))
    for place, weight in pairs.items():
        table[place] = weight
    best = table[linear_sum_assignment(table, maximize=True)].sum()
    found = chosen(pairs)
    assert sum(pairs[pair] for pair in found) == best
    assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
    shuffled = list(pairs.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert chosen(dict(shuffled)) == found


@given(pairs=weights)
def test_large_groups_are_assigned_as_small_ones_are(pairs: dict[tuple[int, int], int]) -> None:
    total = sum(pairs[pair] for pair in chosen(pairs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assignment, "_DENSE", 0)
        assert sum(pairs[pair] for pair in chosen(pairs)) == total


def test_a_pair_is_proven_by_its_bits_and_by_what_comes_next() -> None:
    rules = MatchRules(least_score=12, least_margin=6)
    assert list(assigned({(0, 0): 20.0, (0, 1): 14.0}, rules)) == [(0, 0)]
    assert list(assigned({(0, 0): 20.0, (0, 1): 14.1}, rules)) == []
    assert list(assigned({(0, 0): 20.0, (1, 0): 15.0}, rules)) == []
    assert list(assigned({(0, 0): 11.9}, rules)) == []
    assert list(assigned({}, rules)) == []

"""Who belongs to whom, one to one: the assignment of greatest total evidence, thin margins left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_NEVER = -1000.0

Scores = Mapping[tuple[int, int], float]
"""Bits of evidence for (row, column); a pair that is missing is none."""


@dataclass(frozen=True)
class MatchRules:
    """When a pair counts as proven (settings)."""

    least_score: float = 12.0
    """Bits that a pair found by fields must reach: odds of about 4,000 to 1."""
    least_margin: float = 6.0
    """Bits by which it must beat every other pairing of the same page or transaction."""


def assigned(scores: Scores, rules: MatchRules) -> Iterator[tuple[int, int]]:
    """Give the (row, column) pairs that are proven, each row and column in one at most.

    The total evidence is greatest within each connected group; of these pairs, those remain that have
    ``least_score`` and are ``least_margin`` ahead of every other pairing of their row or column.
    """
    for rows, columns in _components(scores):
        table = np.array(
            [[scores.get((row, column), _NEVER) for column in columns] for row in rows]
        )
        provable = np.where(table >= rules.least_score, table, 0.0)  # what is not cannot decide
        for i, j in zip(*linear_sum_assignment(provable, maximize=True), strict=True):
            if table[i, j] >= rules.least_score and _margin(table, i, j) >= rules.least_margin:
                yield rows[i], columns[j]


def _margin(table: npt.NDArray[np.float64], i: int, j: int) -> float:
    """Return how many bits a pair is ahead of every other pair in its row and column."""
    rivals = np.concatenate([np.delete(table[i], j), np.delete(table[:, j], i), [0.0]])
    return float(table[i, j] - rivals.max())


def _components(scores: Scores) -> Iterator[tuple[list[int], list[int]]]:
    """Give the groups of rows and columns that are linked by scores; each is assigned on its own."""
    if not scores:
        return
    pairs = np.array(list(scores))
    row_count, column_count = pairs.max(axis=0) + 1
    size = row_count + column_count
    links = coo_array(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1] + row_count)), shape=(size, size)
    )
    _, labels = connected_components(links, directed=False)
    for label in np.unique(labels[pairs[:, 0]]):
        members = np.flatnonzero(labels == label)
        yield (
            [int(m) for m in members if m < row_count],
            [int(m - row_count) for m in members if m >= row_count],
        )

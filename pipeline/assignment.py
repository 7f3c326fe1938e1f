"""Who belongs to whom, one to one: the assignment of greatest total evidence, thin margins left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]
Bits = npt.NDArray[np.float64]

Scores = Mapping[tuple[int, int], float]
"""Bits of evidence for (row, column); a pair that is missing is none."""


@dataclass(frozen=True)
class MatchRules:
    """When a pair counts as proven (settings)."""

    least_score: float = 12.0
    """Bits that a pair must reach, unless a page carries its serial number and agrees in all else."""
    least_margin: float = 6.0
    """Bits by which it must beat every other pairing of the same page or transaction."""


def assigned(scores: Scores, rules: MatchRules) -> Iterator[tuple[int, int]]:
    """Give the (row, column) pairs that are proven, each row and column in one at most.

    The total evidence is greatest within each connected group; of these pairs, those remain that have
    ``least_score`` and are ``least_margin`` ahead of every other pairing of their row or column.
    """
    if scores:
        rows, columns = np.array(list(scores)).T
        bits = np.array(list(scores.values()))
        proven = proven_pairs(rows, columns, bits, rules)
        yield from ((int(rows[pair]), int(columns[pair])) for pair in proven)


def proven_pairs(
    rows: Indices,
    columns: Indices,
    bits: Bits,
    rules: MatchRules,
    can_be: npt.NDArray[np.bool_] | None = None,
) -> Indices:
    """Give the numbers of the pairs that are proven, as ``assigned`` says.

    A pair that cannot be (its row is taken) still is another pairing of its column, not of its row.
    """
    can_be = np.ones(len(bits), bool) if can_be is None else can_be
    provable = np.flatnonzero(can_be & (bits >= rules.least_score))  # what is not cannot decide
    best = provable[heaviest(rows[provable], columns[provable], bits[provable])]
    in_row = _next_best(rows, np.where(can_be, bits, -np.inf))
    ahead = bits - np.maximum(0.0, np.maximum(in_row, _next_best(columns, bits)))
    return best[np.round(ahead[best], 2) >= rules.least_margin]


def _next_best(lines: Indices, bits: Bits) -> Bits:
    """Give, for each pair, the greatest bits of another pair of its line."""
    if not len(bits):
        return bits
    order = np.lexsort((-bits, lines))
    first = np.append(True, np.diff(lines[order]) > 0)
    line = np.cumsum(first) - 1
    greatest = bits[order][first]
    second = np.full(len(greatest), -np.inf)
    follows = np.flatnonzero(first) + 1
    has = (follows < len(order)) & ~np.append(first, True)[np.minimum(follows, len(order))]
    second[has] = bits[order][follows[has]]
    rivals = np.empty(len(bits))
    rivals[order] = np.where(first, second[line], greatest[line])
    return rivals


def heaviest(rows: Indices, columns: Indices, weights: Bits) -> npt.NDArray[np.bool_]:
    """Tell which pairs make the one-to-one assignment of greatest total weight; weights are above 0.

    Groups that no pair links are assigned each on its own. Of assignments of equal total, which one is
    found depends on the numbers of rows and columns, never on the order of the pairs.
    """
    chosen = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    linked = np.flatnonzero(~chosen)
    linked = linked[np.lexsort((columns[linked], rows[linked]))]
    for group in _groups(rows[linked], columns[linked]):
        pairs = linked[group]
        own_rows, i = np.unique(rows[pairs], return_inverse=True)
        own_columns, j = np.unique(columns[pairs], return_inverse=True)
        shape = (len(own_rows), len(own_columns))
        assign = _dense if shape[0] * shape[1] <= _DENSE else _sparse
        chosen[pairs] = assign(i, j, weights[pairs], shape)
    return np.asarray(chosen)


def _groups(rows: Indices, columns: Indices) -> Iterator[Indices]:
    """Give the numbers of the pairs of each connected group."""
    if not len(rows):
        return
    from scipy.sparse import coo_array  # takes half a second to load; on most days nothing competes
    from scipy.sparse.csgraph import connected_components

    _, i = np.unique(rows, return_inverse=True)
    _, j = np.unique(columns, return_inverse=True)
    size = i.max() + j.max() + 2
    links = coo_array((np.ones(len(i)), (i, j + i.max() + 1)), shape=(size, size))
    _, labels = connected_components(links, directed=False)
    order = np.argsort(labels[i], kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(labels[i][order])) + 1)


_DENSE = 250_000
"""Cells up to which a table is assigned as such: 2 MB."""


def _dense(i: Indices, j: Indices, weights: Bits, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    from scipy.optimize import linear_sum_assignment

    table = np.zeros(shape)
    table[i, j] = weights
    column_of = np.full(shape[0], -1)
    own, theirs = linear_sum_assignment(table, maximize=True)
    column_of[own] = theirs
    return np.asarray(column_of[i] == j)


def _sparse(i: Indices, j: Indices, weights: Bits, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Assign where a table would be too large; each row may also stay alone, at a weight of nothing."""
    from scipy.sparse import coo_array, csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    alone = np.arange(shape[0])
    data = (
        np.concatenate([weights, np.zeros(shape[0])]) + 1.0
    )  # no zeros: they would count as no pair
    where = (np.concatenate([i, alone]), np.concatenate([j, shape[1] + alone]))
    table = csr_array(coo_array((data, where), shape=(shape[0], shape[1] + shape[0])))
    own, theirs = min_weight_full_bipartite_matching(table, maximize=True)
    column_of = np.full(shape[0], -1)
    column_of[own] = theirs
    return np.asarray(column_of[i] == j)

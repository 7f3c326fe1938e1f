"""The engine: which page is of which transaction, one to one, for all branches and days of a stream at once.

First the pages that carry a booked serial number and agree in all else that was read; then what is left,
against every transaction that shares a key, assigned so that the total evidence is greatest. A transaction
that has its page already still counts as a rival: what fits it as well may be its own page scanned again.
Pure and deterministic; the order of the rows changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.assignment import MatchRules, proven_pairs
from pipeline.pairing.candidates import candidates, no_serial_numbers, serial_claims
from pipeline.pairing.columns import NONE, SERIAL, Flags, Numbers, Table, columns_of
from pipeline.pairing.weights import DIFFER, Bits, Weights

_AT_ONCE = 200_000
"""Pairs weighed at once: 30 MB of intermediate columns."""

_SCANNED_TWICE = 15.0
"""Bits against a page being a second scan of a transaction that has its page: of 200 papers one is scanned
twice, and of 200 one is missing, which the other transaction's would have to be."""


_CLEAN = 1e6
"""Above the bits of every pair."""


@dataclass(frozen=True)
class Pairing:
    """The result, by the rows of ``Columns``."""

    page_of: Numbers
    """The page of each transaction, ``NONE`` where none is proven."""
    score: Bits
    """Bits of that pair."""
    claim: Numbers
    """For each page the transaction whose serial number it carries, unless all else speaks against it."""
    standing: Bits
    """How good each page's claim is. Of equals the page that came first counts (DK-23)."""


def match_tables(booked: Table, read: Table, rules: MatchRules | None = None) -> Numbers:
    """Match a stream with its readings; gives the row of the page of each booked row, else ``NONE``."""
    columns = columns_of(booked, read)
    every, none = np.arange(len(columns.read)), np.zeros(len(columns.booked), bool)
    pairing = paired(Weights(columns), rules or MatchRules(), every, none)
    page_of = np.full(len(columns.booked), NONE)
    has_page = pairing.page_of != NONE
    page_of[columns.booked.place[has_page]] = columns.read.place[pairing.page_of[has_page]]
    return page_of


def paired(weights: Weights, rules: MatchRules, pages: Numbers, taken: Flags) -> Pairing:
    """Pair the transactions with ``pages``; those ``taken`` have a page already and are rivals only."""
    columns = weights.columns
    claim, claim_score, clean, standing = _claims(weights, pages)
    best = _best_claimants(claim, standing, len(columns.booked))
    page_of = np.full(len(columns.booked), NONE)
    score = np.zeros(len(columns.booked))
    sure = np.flatnonzero((best != NONE) & ~taken & np.append(clean, False)[best])
    page_of[sure], score[sure] = best[sure], claim_score[best[sure]]
    pairs = weighed_candidates(weights, pages[~clean[pages]])
    by_number = claim[pairs.pages] == pairs.rows
    first = best[pairs.rows] == pairs.pages
    # a number read exactly goes before a slip
    for can_be in (by_number & first, ~by_number | first):
        waits = ~np.isin(pairs.pages, page_of)
        is_open = (page_of[pairs.rows] == NONE) & ~taken[pairs.rows]
        for pair in _proven(pairs, can_be & waits & is_open, is_open, waits, rules):
            page_of[pairs.rows[pair]], score[pairs.rows[pair]] = pairs.pages[pair], pairs.bits[pair]
    return Pairing(page_of, score, claim, standing)


@dataclass(frozen=True)
class Pairs:
    """Candidates and their bits."""

    rows: Numbers
    pages: Numbers
    bits: Bits


def weighed_candidates(weights: Weights, pages: Numbers) -> Pairs:
    """Weigh the pages with all that they share a key with, unless their serial numbers rule it out."""
    rows, found = candidates(weights.columns, pages)
    bits, allowed = np.zeros(len(rows)), np.zeros(len(rows), bool)
    for part in _parts(np.arange(len(rows))):
        weighed = weights.weigh(rows[part], found[part])
        bits[part] = weighed.score
        differs = np.flatnonzero(weighed.outcomes[:, SERIAL] == DIFFER)
        allowed[part] = True
        allowed[part[differs]] = no_serial_numbers(
            weights.columns, rows[part[differs]], found[part[differs]]
        )
    return Pairs(rows[allowed], found[allowed], bits[allowed])


def _proven(
    pairs: Pairs, can_be: Flags, is_open: Flags, waits: Flags, rules: MatchRules
) -> Numbers:
    """Give the numbers of the proven pairs among those that can be; all of pages that wait are rivals.

    A page that fits a transaction that has its page better than an open one is its second scan, and is not
    given to the open one.
    """
    best_taken = np.full(pairs.pages.max(initial=0) + 1, -np.inf)
    np.maximum.at(best_taken, pairs.pages[~is_open], pairs.bits[~is_open])
    bits = np.where(is_open, pairs.bits, pairs.bits - _SCANNED_TWICE)
    can_be = can_be & (pairs.bits >= best_taken[pairs.pages])
    left = np.flatnonzero(waits)
    return left[proven_pairs(pairs.rows[left], pairs.pages[left], bits[left], rules, can_be[left])]


def _claims(weights: Weights, pages: Numbers) -> tuple[Numbers, Bits, Flags, Bits]:
    """Give each page's claim by its serial number, its bits, whether nothing on it differs, its standing.

    Of claims in which nothing differs the one stands higher of which more was read; that one scan has a
    code and the other none is no matter.
    """
    claim = serial_claims(weights.columns)
    mine = np.zeros(len(claim), bool)
    mine[pages] = True
    claim[~mine] = NONE
    score, clean = np.zeros(len(claim)), np.zeros(len(claim), bool)
    standing = np.zeros(len(claim))
    claiming = np.flatnonzero(claim != NONE)
    for part in _parts(claiming):
        weighed = weights.weigh(claim[part], part)
        score[part], clean[part] = weighed.score, weighed.clean
        standing[part] = np.where(weighed.clean, _CLEAN + weighed.agreeing, weighed.score)
    claim[score <= 0] = NONE
    return claim, score, clean, standing


def _best_claimants(claim: Numbers, standing: Bits, count: int) -> Numbers:
    """Give the page whose claim to each transaction stands highest; of equals the first."""
    claiming = np.flatnonzero(claim != NONE)
    order = claiming[np.lexsort((-claiming, standing[claiming]))]
    best = np.full(count, NONE)
    best[claim[order]] = order  # of several that are written to one place the last stays
    return best


def _parts(numbers: Numbers) -> list[Numbers]:
    return np.array_split(numbers, -(-len(numbers) // _AT_ONCE)) if len(numbers) else []

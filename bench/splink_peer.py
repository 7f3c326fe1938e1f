"""Splink over DuckDB on the same stream: its model trained on the stream itself, then made one to one.

Comparisons and blocking as its guides advise for such columns: exact and near levels by Levenshtein
distance, term frequencies, u from random pairs, m by expectation maximisation.
"""

from __future__ import annotations

import logging
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from pipeline.assignment import heaviest

Numbers = npt.NDArray[np.intp]
Bits = npt.NDArray[np.float64]

_SIDES = {"transactions": "a_transactions", "pages": "b_pages"}
_PLACE = ("branch", "day")
_NEAR = ("serial_no", "customer_no", "fund_account", "customer_name", "amount")
_LEAST_WEIGHT = -20.0
"""Bits from which pairs are kept; the best threshold is chosen later, by the truth."""
_RANDOM_PAIRS = 1e6
"""Its default: five times as many took twice as long and changed no figure."""

SETTINGS = SettingsCreator(
    link_type="link_only",
    unique_id_column_name="number",
    comparisons=[
        *(
            compare.LevenshteinAtThresholds(name, [1, 2]).configure(
                term_frequency_adjustments=name in ("customer_name", "amount")
            )
            for name in _NEAR
        ),
        compare.ExactMatch("business_name").configure(term_frequency_adjustments=True),
    ],
    blocking_rules_to_generate_predictions=[
        block_on(*_PLACE, "serial_no"),
        block_on(*_PLACE, "customer_no"),
        block_on(*_PLACE, "fund_account"),
        block_on(*_PLACE, "customer_name"),
        block_on(*_PLACE, "amount", "business_name"),
    ],
    retain_matching_columns=False,
)


def load(folder: Path) -> Linker:
    """Read both files into DuckDB."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    for name in ("transactions", "pages"):
        connection.execute(
            f"create table {name} as select * from "
            f"read_csv(?, header=true, all_varchar=true, nullstr='')",
            [str(folder / f"{name}.csv")],
        )
        connection.execute(f"alter table {name} alter number type integer")
    api = DuckDBAPI(connection=connection)
    tables = [api.register(name, dataset_display_name=side) for name, side in _SIDES.items()]
    return Linker(tables, SETTINGS, log_level=None)


def link(linker: Linker) -> tuple[Numbers, Numbers, Bits]:
    """Give transactions, pages and weights, one to one: the assignment of greatest total weight.

    A page is left out when a transaction without a page fits it just as well.
    """
    train = linker.training
    train.estimate_probability_two_random_records_match(
        [block_on(*_PLACE, "serial_no")], recall=0.95
    )
    train.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=1)
    for blocked in ("serial_no", "fund_account"):
        train.estimate_parameters_using_expectation_maximisation(block_on(*_PLACE, blocked))
    predicted = linker.inference.predict(threshold_match_weight=_LEAST_WEIGHT)
    found = predicted.as_duckdbpyrelation().fetchnumpy()
    booked, pages = (found[name].astype(np.intp) for name in ("number_l", "number_r"))
    weights = found["match_weight"].astype(np.float64)
    chosen = heaviest(booked, pages, weights - _LEAST_WEIGHT + 1.0)
    taken = np.isin(booked, booked[chosen])
    own = np.full(pages.max() + 1, np.inf)
    own[pages[chosen]] = weights[chosen]
    rivals = np.unique(pages[~taken & (weights >= own[pages])])
    chosen &= ~np.isin(pages, rivals)
    return booked[chosen], pages[chosen], weights[chosen]

"""The bulk form: the same as day by day, whatever the order, and no branch's rows meet another's."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.matching import match_day, tables_of
from pipeline.model import FieldName
from pipeline.pairing.columns import Table
from pipeline.pairing.engine import match_tables
from tests.pipeline.branch_day import Day, booked, days, near_days, scanned

some_days = st.lists(st.one_of(days(), near_days()), min_size=1, max_size=3)


def pairs(tables: tuple[Table, Table]) -> dict[tuple[str, str], int]:
    """(block, serial number) -> key of the page."""
    booked_table, read = tables
    page_of = match_tables(booked_table, read)
    return {
        (booked_table.blocks[row], str(booked_table.keys[row])): int(read.keys[page_of[row]])
        for row in np.flatnonzero(page_of >= 0).tolist()
    }


def of_branches(parts: Sequence[Day]) -> tuple[Table, Table]:
    transactions, pages = [], []
    for number, (own, scans) in enumerate(parts):
        branch = f"33{number:02d}"
        transactions += [replace(one, handling_branch=branch) for one in own]
        pages += [replace(one, branch=branch) for one in scans]
    booked_table, read = tables_of(transactions, pages)
    return (
        replace(booked_table, blocks=[one.handling_branch for one in transactions]),
        replace(read, blocks=[one.branch for one in pages], keys=[one.sequence for one in pages]),
    )


@given(some_days)
@settings(max_examples=60)
def test_many_branches_at_once_give_what_each_gives_alone(parts: Sequence[Day]) -> None:
    alone = {}
    for number, (transactions, pages) in enumerate(parts):
        for match in match_day(transactions, pages).matches:
            alone[f"33{number:02d}", match.serial_no] = {page.sequence for page in match.pages}
    together = pairs(of_branches(parts))
    assert together.keys() == alone.keys()
    assert all(together[key] in alone[key] for key in alone)


@given(some_days, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_the_rows_changes_nothing(parts: Sequence[Day], random: object) -> None:
    tables = of_branches(parts)
    assert pairs((_shuffled(tables[0], random), _shuffled(tables[1], random))) == pairs(tables)


Value = TypeVar("Value")


def _shuffled(table: Table, random: object) -> Table:
    order = list(range(len(table.keys)))
    random.shuffle(order)  # type: ignore[attr-defined]

    def moved(values: Sequence[Value]) -> list[Value]:
        return [values[row] for row in order]

    return Table(
        moved(table.blocks),
        moved(table.keys),  # type: ignore[arg-type]
        {name: moved(values) for name, values in table.values.items()},
        moved(table.coded) if table.coded else (),
    )


def test_a_page_of_another_branch_is_not_matched() -> None:
    table, read = tables_of([booked(1)], [scanned(booked(1))])
    assert list(match_tables(table, read)) == [0]
    assert list(match_tables(table, replace(read, blocks=["3302"]))) == [-1]


def test_common_values_are_no_keys_but_count_as_evidence() -> None:
    transactions = [booked(n, amount=booked(1).amount) for n in range(1, 200)]
    page = scanned(transactions[4], without=[FieldName.SERIAL_NO])
    (match,) = match_day(transactions, [page]).matches
    assert match.serial_no == transactions[4].serial_no
    amount = next(part for part in match.evidence if part.field is FieldName.AMOUNT)
    assert amount.verdict == "agrees"
    assert 0 < amount.weight < 8


def test_nothing_to_match_is_no_error() -> None:
    empty = tables_of([], [])
    assert list(match_tables(*empty)) == []
    assert list(match_tables(tables_of([booked(1)], [])[0], empty[1])) == [-1]
    assert list(match_tables(empty[0], tables_of([], [scanned(booked(1))])[1])) == []


def test_rows_without_a_date_or_any_value_are_no_error() -> None:
    nothing = {name: [None, None] for name in FieldName}
    empty = Table(["", ""], ["1", "2"], nothing)
    assert list(match_tables(empty, empty)) == [-1, -1]
    undated, read = tables_of(
        [booked(1)], [scanned(booked(1), changed={FieldName.SERIAL_NO: "77"})]
    )
    undated = replace(undated, values={**undated.values, FieldName.BUSINESS_DATE: [None]})
    assert list(match_tables(undated, read)) == [-1]

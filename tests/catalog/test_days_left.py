"""What closings left to people is told from their rows, of those before it stood beside the result too."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import null, update

from catalog.catalog import Catalog
from catalog.tables import day_close
from pipeline.balance import BranchDay, Discrepancy, DiscrepancyKind
from pipeline.language import say
from pipeline.model import Transaction

KEY = "decision/1"


@pytest.mark.parametrize("before", [False, True], ids=["as it is kept now", "of before"])
def test_what_a_closing_left_is_told(
    catalog: Catalog, transaction: Transaction, before: bool
) -> None:
    day, branch = transaction.business_date, transaction.handling_branch
    missing = Discrepancy(
        DiscrepancyKind.MISSING_IMAGE,
        *(branch, transaction.serial_no, (), {}, {}, say("missing"), say("scan it")),
        *("scan_operator", None, day + timedelta(days=1), False),
    )
    open_day = BranchDay(day, branch, False, {"images": 0}, (), (missing,))
    catalog.days.keep(open_day, KEY, "t")
    balanced = replace(open_day, day=day - timedelta(days=1), closed=True, discrepancies=())
    catalog.days.keep(balanced, KEY, "t")
    if before:
        with catalog._engine.begin() as connection:
            connection.execute(update(day_close).values(discrepancies=null(), late=null()))
    left = {one.day: one.discrepancies for one in catalog.days.left(branch=branch)}
    assert left == {day: (missing,), balanced.day: ()}
    assert catalog.days.left_before(day + timedelta(days=1), None) == day
    assert catalog.days.left_before(day, None) is None
    last = catalog.days.last_closing(day, branch)
    assert last and (last.discrepancies, last.late, last.closed) == ((missing,), (), False)

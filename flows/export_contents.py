"""What stands in an export: its transactions, their matched pages, and the files that it only names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from flows.parts import Parts
from pipeline.balance import CatalogedPage
from pipeline.errors import UserError
from pipeline.exports import Export, What
from pipeline.language import say
from pipeline.model import Transaction


def transactions_of(parts: Parts, export: Export) -> tuple[Transaction, ...]:
    """Give the transactions of an export by day and serial number; raises UserError when there are none."""
    wanted, catalog = export.wanted, parts.catalog
    found: tuple[Transaction, ...] = ()
    if wanted.what is What.CUSTOMER:
        found = catalog.streams.of_customers(wanted.names)
    elif wanted.what is What.DAY:
        found = catalog.streams.of_day(date.fromisoformat(wanted.names[0]), wanted.branch)
    else:
        for serial in wanted.names:
            rows = catalog.dossiers.transactions(serial, None, wanted.branch)
            if not rows:
                raise UserError(
                    say(
                        "No transaction {serial} is booked at branch {branch}.",
                        serial=serial,
                        branch=wanted.branch,
                    )
                )
            for row in rows:
                day = date.fromisoformat(row["business_date"])
                of_day = catalog.streams.of_day(day, wanted.branch)
                found += tuple(one for one in of_day if one.serial_no == serial)
    found = tuple(one for one in found if one.handling_branch == wanted.branch)
    if not found:
        raise UserError(say("There is nothing at branch {branch} to export.", branch=wanted.branch))
    return tuple(sorted(found, key=lambda one: (one.business_date, one.serial_no)))


def with_pages(
    parts: Parts, rows: Sequence[Transaction]
) -> Iterator[tuple[Transaction, Sequence[CatalogedPage]]]:
    """Give each transaction with its matched pages, as its day was closed last."""
    matched: dict[tuple[date, str], dict[str, Sequence[CatalogedPage]]] = {}
    for row in rows:
        of_day = row.business_date, row.handling_branch
        if of_day not in matched:
            results = parts.catalog.days.results(*of_day)
            matched[of_day] = {m.serial_no: m.pages for one in results for m in one.matches}
        yield row, matched[of_day].get(row.serial_no, ())

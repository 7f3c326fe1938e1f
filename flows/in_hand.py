"""A branch and day as its closing finds it: pages, transactions and how they match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from catalog.discrepancies import DayInHand
from flows.capture import with_all_papers
from flows.parts import Parts
from pipeline.balance import CatalogedPage
from pipeline.clocks import deadlines
from pipeline.errors import UserError
from pipeline.keying.overlay import with_keyed
from pipeline.keying.tasks import State
from pipeline.language import say
from pipeline.matching import Matching, match_day
from pipeline.model import Transaction
from pipeline.tasks.confirming import confirmed as confirmed_rows
from pipeline.tasks.joining import customer_papers
from pipeline.tasks.review import rejections, without_rejected


def pages_in_hand(parts: Parts, day: date, branch: str) -> tuple[CatalogedPage, ...]:
    """Give every delivery of a branch and day as it was read, keyed values in place of read ones.

    A page that a review rejected is a refused one.
    """
    keyed = parts.catalog.keying.tasks(day, branch, states=(State.SETTLED,))
    pages = with_keyed(parts.catalog.pages.of_day(day, branch), keyed)
    return without_rejected(pages, rejections(parts.catalog.tasks.of_day(day, branch)))


def must_be_in(parts: Parts, day: date) -> None:
    """Raise UserError when neither stream nor pages of a day are in."""
    catalog = parts.catalog
    if not (catalog.streams.branches_of_day(day) or catalog.pages.branches_of_day(day)):
        raise UserError(
            say(
                "Neither stream nor pages of {day} are in; import the stream with “paperproof stream "
                "import FILE --day {day}”, then close the day.",
                day=day,
            )
        )


def must_have_rows(rows: Iterable[Transaction], day: date, branch: str, teller: str | None) -> None:
    """Raise UserError for a teller, where one is named, of whom a branch and day has no row."""
    tellers = sorted({row.teller_no for row in rows})
    if teller is not None and teller not in tellers:
        raise UserError(
            say(
                "Teller {handler} has no transaction at branch {branch} on {day}; those who have: {tellers}.",
                handler=teller,
                branch=branch,
                day=day,
                tellers=", ".join(tellers) or "–",
            )
        )


def matched(
    parts: Parts,
    day: date,
    branch: str,
    pages: Sequence[CatalogedPage],
    confirmed: Callable[[Matching], Matching] = lambda found: found,
) -> Matching:
    """Match the admitted ones of a branch and day's ``pages`` in hand with its transactions.

    ``confirmed`` has what seems to differ read again, before papers without a number join their transaction.
    """
    admitted = [p for p in pages if p.state == "admitted"]
    apart, others = customer_papers(admitted, parts.profile_on(day))
    matching = match_day(parts.catalog.streams.of_day(day, branch), others, parts.match_rules)
    return with_all_papers(parts, day, branch, confirmed(matching), apart)


def in_hand(
    parts: Parts, day: date, branch: str, pages: Sequence[CatalogedPage], matching: Matching
) -> DayInHand:
    """Give what is known of a branch and day beside its capture tasks."""
    catalog = parts.catalog
    transactions = catalog.streams.of_day(day, branch)
    known = catalog.customers.of_numbers({row.customer_no for row in transactions})
    return DayInHand(
        day=day,
        branch=branch,
        transactions=transactions,
        pages=pages,
        matching=matching,
        deadlines=deadlines(day, parts.settings.sla, parts.calendar),
        operators=catalog.pages.operators_of_day(day, branch),
        keying=catalog.keying.tasks(day, branch),
        customers=known if known or catalog.customers.any() else None,
        confirmed=frozenset(
            confirmed_rows(transactions, catalog.confirmations.of_day(day, branch))
        ),
        must_be_confirmed=parts.settings.tasks.block_unconfirmed,
        registered=catalog.papers.entries(day, branch),
        elsewhere=catalog.streams.elsewhere(day, branch, matching.serials_left),
    )

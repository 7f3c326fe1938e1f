"""How long what the archive holds must stay, and the rule that says so (CG-17.3).

Every answer is a maximum: over the rules, over the transactions that a page belongs to, over the pages in a
file or volume, and over legal holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from catalog.holds import Hold
from catalog.volumes import PagePlace
from flows.parts import Parts
from flows.stored_papers import StoredPaper, vouchers_of
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.retention import (
    Business,
    Disposition,
    Keeping,
    Medium,
    RetentionRule,
    Trigger,
    keepings,
    longest,
)

_MOMENT = timedelta(microseconds=1)
CLOSURE_RULE, FOR_GOOD_RULE, HOLD_RULE = "CG-17.3b", "CG-17.3c", "B1-45"


def rules_of(parts: Parts) -> tuple[RetentionRule, ...]:
    """The retention rules of a workspace: that of closed accounts, and those of its settings."""
    rules = parts.settings.retention
    closed = RetentionRule(CLOSURE_RULE, Trigger.ACCOUNT_CLOSED, rules.after_closure_years)
    return (closed, *rules.rules)


def held_by(hold: Hold) -> Keeping:
    """How a legal hold keeps: until it is lifted, whatever else is ruled (B1-45)."""
    return Keeping(
        None, HOLD_RULE, say("legal hold {number}: {why}", number=hold.no, why=hold.reason)
    )


@dataclass(frozen=True)
class Keeper:
    """Answers for one day; what it reads of the catalog once, it keeps."""

    parts: Parts
    today: date

    @cached_property
    def rules(self) -> tuple[RetentionRule, ...]:
        """The rules of the workspace."""
        return rules_of(self.parts)

    @cached_property
    def closed(self) -> Mapping[str, date]:
        """Customer number -> day on which the account was closed; who came back is not among them."""
        return self.parts.catalog.closures.all()

    def of_voucher(self, booked: Transaction, medium: Medium) -> tuple[Keeping, ...]:
        """How long each rule keeps the papers or images of a transaction."""
        closed_on = self.closed.get(booked.customer_no)
        business = Business(booked.serial_no, booked.business_date, booked.customer_no, closed_on)
        return keepings(self.rules, medium, business, self.today)

    def of_objects(self, keys: Sequence[str]) -> Mapping[str, tuple[Keeping, ...]]:
        """How long each of these objects must stay: what holds it, what its pages ask for, what was promised.

        None keeps an object that holds no page: those of the catalog itself are none of anybody's to rule on.
        """
        catalog = self.parts.catalog
        contents = catalog.named.contents(keys)
        pages = {page for held in contents.values() for page in held}
        places = catalog.volumes.places(pages)
        held = catalog.holds.standing_on(list(contents))
        promised = catalog.retention.of(list(contents))
        found: dict[str, tuple[Keeping, ...]] = {}
        for key, own in contents.items():
            holds = [held_by(hold) for hold in held.get(key, ())]
            ruled = (one for page in sorted(own) for one in self._page(page, places.get(page, ())))
            dates = [
                Keeping(
                    (kept.until - _MOMENT).date(),  # it ends with that day
                    kept.rule,
                    say("locked until then when the rule was applied"),
                )
                for kept in [promised.get(key)]
                if kept
            ]
            found[key] = (*holds, *self.for_good(), *ruled, *dates)
        return found

    def of_page(self, keys: Sequence[str]) -> Keeping:
        """The longest of all that keeps some objects; raises UserError where none of them holds a page."""
        every = (one for some in self.of_objects(keys).values() for one in some)
        found = longest(every)
        if found is None:
            raise UserError(say("None of these objects holds a page; no rule speaks of them."))
        return found

    def vouchers(self, rows: Iterable[Transaction]) -> tuple[StoredPaper, ...]:
        """The papers in store and the images of transactions, in their order."""
        return vouchers_of(self.parts, rows)

    def voucher_named(self, name: str) -> StoredPaper | None:
        """The voucher of branch/day/serial; None where no transaction is called so."""
        branch, day, serial = name.split("/")
        row = self.parts.catalog.streams.one(date.fromisoformat(day), branch, serial)
        return next(iter(self.vouchers([row])), None) if row else None

    def for_good(self) -> tuple[Keeping, ...]:
        """What keeps all electronic copies, where the settings do not let them go."""
        if self.parts.settings.retention.electronic is Disposition.DESTROY_WITH_APPROVAL:
            return ()
        return (Keeping(None, FOR_GOOD_RULE, say("electronic copies are kept for good")),)

    def _page(self, sha256: str, places: Iterable[PagePlace]) -> Iterator[Keeping]:
        """What keeps a page: the rules on its transactions; one that belongs to none has no end."""
        booked = [one.booked for one in places if one.booked]
        if not booked:
            why = say("page {page} belongs to no transaction", page=sha256[:8])
            yield Keeping(None, CLOSURE_RULE, why)
        for one in booked:
            yield from self.of_voucher(one, Medium.ELECTRONIC)

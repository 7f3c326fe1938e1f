"""How long papers and images must stay: dated rules with trigger, years and medium (CG-17.3, K6, K22).

Of several rules the longest holds (CG-17.3f), and of several contents the longest of any (CG-17.3d).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from pipeline.contents import greatest
from pipeline.language import Message, say


class Trigger(StrEnum):
    """What a rule's years are counted from."""

    ACCOUNT_CLOSED = "account_closed"
    BUSINESS_DAY = "business_day"


class Medium(StrEnum):
    """What a rule keeps."""

    PAPER = "paper"
    ELECTRONIC = "electronic"


MEDIA: Mapping[Medium, Message] = {
    Medium.PAPER: say("paper"),
    Medium.ELECTRONIC: say("electronic copies"),
}


class Disposition(StrEnum):
    """What becomes of electronic copies whose time is over (K7; the default is CG-17.3c)."""

    KEEP = "keep"
    REVIEW_LIST = "review_list"
    DESTROY_WITH_APPROVAL = "destroy_with_approval"


@dataclass(frozen=True)
class RetentionRule:
    """One version of a rule; several of one name are its versions, told apart by ``since``."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=32)]
    """The requirement or law it comes from."""
    trigger: Trigger
    years: Annotated[int, Field(ge=1, le=100)]
    media: tuple[Medium, ...] = tuple(Medium)
    since: date = date.min
    """In force from then on."""


@dataclass(frozen=True)
class Keeping:
    """How long one rule keeps one thing."""

    until: date | None
    """The last day; None: no end is known."""
    rule: str
    why: Message


@dataclass(frozen=True)
class Business:
    """A transaction as far as rules ask: its day, and when its customer's account was closed."""

    serial_no: str
    day: date
    customer_no: str
    closed_on: date | None


def keepings(
    rules: Sequence[RetentionRule], medium: Medium, business: Business, today: date
) -> tuple[Keeping, ...]:
    """Return how long each rule for a medium keeps the papers or images of a transaction."""
    names = dict.fromkeys(rule.name for rule in rules if medium in rule.media)
    found = []
    for name in names:
        versions = [rule for rule in rules if rule.name == name and medium in rule.media]
        found.append(_keeping(name, versions, business, today))
    return tuple(found)


def longest(contents: Iterable[Keeping]) -> Keeping | None:
    """Return the keeping that lasts longest, the first of equals; None where nothing keeps."""
    return greatest(contents, lambda one: one.until or date.max)


def years_after(day: date, years: int) -> date:
    """Give the same day some years later; of 29 February the 1st of March, never a day too few."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _keeping(
    name: str, versions: Sequence[RetentionRule], business: Business, today: date
) -> Keeping:
    begins = _begins(versions[0].trigger, business)
    if begins is None:
        return Keeping(
            None, name, say("the account of customer {number} is open", number=business.customer_no)
        )
    years = _years(versions, begins, today)
    told = (
        say("{years} years after the account was closed on {day}", years=years, day=begins)
        if versions[0].trigger is Trigger.ACCOUNT_CLOSED
        else say("{years} years after the business of {day}", years=years, day=begins)
    )
    return Keeping(years_after(begins, years), name, told)


def _begins(trigger: Trigger, business: Business) -> date | None:
    return business.closed_on if trigger is Trigger.ACCOUNT_CLOSED else business.day


def _years(versions: Sequence[RetentionRule], begins: date, today: date) -> int:
    """The years of the version in force when the trigger occurred, never fewer than today's (K22)."""
    by_age = sorted(versions, key=lambda rule: rule.since)
    chosen = []
    for moment in (begins, today):
        in_force = [rule for rule in by_age if rule.since <= moment]
        chosen.append((in_force or by_age)[-1 if in_force else 0].years)
    return max(chosen)

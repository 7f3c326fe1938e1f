"""Dated rules with trigger, years and medium: the longest holds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access.masking import Protection, protection_of
from pipeline.contents import greatest
from pipeline.language import say
from pipeline.retention import (
    Business,
    Keeping,
    Medium,
    RetentionRule,
    Trigger,
    keepings,
    longest,
    years_after,
)

TODAY = date(2026, 11, 27)
CLOSED = RetentionRule("CG-17.3b", Trigger.ACCOUNT_CLOSED, 20)
OLD = RetentionRule("AML", Trigger.BUSINESS_DAY, 5, since=date(2007, 8, 1))
NEW = RetentionRule("AML", Trigger.BUSINESS_DAY, 10, since=date(2025, 1, 1))
BOOKS = RetentionRule("books", Trigger.BUSINESS_DAY, 30, (Medium.PAPER,))


def business(day: date, closed_on: date | None = None) -> Business:
    return Business("1", day, "94", closed_on)


@pytest.mark.requirement("CG-17.3f", "B1-25")
def test_the_longest_rule_wins_and_is_named() -> None:
    of = business(date(2020, 5, 1), date(2021, 5, 1))
    rules = (CLOSED, NEW, BOOKS)
    paper = longest(keepings(rules, Medium.PAPER, of, TODAY))
    image = longest(keepings(rules, Medium.ELECTRONIC, of, TODAY))
    assert paper and (paper.until, paper.rule) == (date(2050, 5, 1), "books")
    assert image and (image.until, image.rule) == (date(2041, 5, 1), "CG-17.3b")
    assert "20 years after the account was closed on 2021-05-01" in str(image.why)


@pytest.mark.requirement("CG-17.3b")
def test_an_open_account_has_no_end() -> None:
    kept = longest(keepings((BOOKS, CLOSED), Medium.PAPER, business(date(1990, 1, 1)), TODAY))
    assert kept and (kept.until, kept.rule) == (None, "CG-17.3b")


@pytest.mark.parametrize(
    ("day", "rules", "years"),
    [
        (date(2020, 1, 1), (OLD, NEW), 10),  # never shorter than today's
        (date(2025, 6, 1), (OLD, NEW), 10),
        (date(2020, 1, 1), (OLD,), 5),
        (date(2001, 1, 1), (OLD,), 5),  # older than any version
        (date(2020, 1, 1), (NEW, RetentionRule("AML", NEW.trigger, 3, since=date(2026, 1, 1))), 10),
    ],
)
def test_the_version_in_force_then_but_never_fewer_years_than_now(
    day: date, rules: tuple[RetentionRule, ...], years: int
) -> None:
    [kept] = keepings(rules, Medium.PAPER, business(day), TODAY)
    assert kept.until == years_after(day, years)


def test_years_after() -> None:
    assert years_after(date(2026, 11, 20), 20) == date(2046, 11, 20)
    assert years_after(date(2028, 2, 29), 20) == date(2048, 2, 29)
    assert years_after(date(2028, 2, 29), 30) == date(2058, 3, 1)


@pytest.mark.requirement("CG-17.3d")
@given(st.lists(st.one_of(st.none(), st.dates()), min_size=1))
def test_what_holds_several_stays_as_long_as_each_of_them(ends: list[date | None]) -> None:
    whole = longest(Keeping(end, "r", say("Of")) for end in ends)
    assert whole is not None
    assert (whole.until is None) == (None in ends)
    assert all(whole.until is None or (end and end <= whole.until) for end in ends)


def test_the_same_maximum_serves_what_is_sensitive() -> None:
    assert greatest((), len) is None
    assert protection_of(()) is Protection.GENERAL
    assert protection_of(("business_date",)) is Protection.GENERAL
    assert protection_of(("business_date", "id_no", "amount")) is Protection.SENSITIVE

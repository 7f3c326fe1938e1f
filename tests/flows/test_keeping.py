"""Until when something must stay, and which rule says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from catalog.closures import Closure
from flows.keeping import Keeper
from flows.parts import Parts
from flows.retention_shown import shown_customer, shown_page, shown_volume
from pipeline.errors import UserError
from pipeline.retention import Disposition, Medium, RetentionRule, Trigger
from storage.store import digest
from tests.flows.archived_day import FIRST, SECOND, ruled
from tests.flows.captured_day import ran

CLOSED, TODAY = date(2026, 11, 20), date(2026, 12, 1)


def closed(parts: Parts, row: object = FIRST, on: date = CLOSED) -> Keeper:
    parts.catalog.closures.enter(Closure(row.customer_no, on), "李")  # type: ignore[attr-defined]
    return Keeper(parts, TODAY)


def whole(keeper: Keeper, row: object = FIRST) -> tuple[date | None, str]:
    found = shown_customer(keeper, row.customer_no).whole  # type: ignore[attr-defined]
    assert found
    return found.until, found.rule


@pytest.mark.requirement("CG-17.3d")
def test_a_bag_stays_as_long_as_its_longest_item(archived: Parts) -> None:
    keeper = closed(archived)
    assert whole(keeper) == (date(2046, 11, 20), "CG-17.3b")
    assert whole(keeper, SECOND) == (None, "CG-17.3b"), "the account is open"
    parts = shown_customer(keeper, FIRST.customer_no).parts
    assert {one.medium for one in parts} == {Medium.PAPER, Medium.ELECTRONIC}
    books = RetentionRule("books", Trigger.BUSINESS_DAY, 30, (Medium.PAPER,))
    longer = Keeper(ruled(archived, rules=(books,)), TODAY)
    assert whole(longer) == (date(2056, 11, 19), "books")
    images = [one for one in shown_customer(longer, FIRST.customer_no).parts if "obj" in one.name]
    assert {one.keeping.rule for one in images} == {"CG-17.3b"}


@pytest.mark.requirement("CG-17.3c")
def test_electronic_copies_are_kept_for_good_unless_the_settings_say_otherwise(
    archived: Parts,
) -> None:
    closed(archived)
    keeper = Keeper(ruled(archived, electronic=Disposition.KEEP), TODAY)
    assert whole(keeper) == (None, "CG-17.3c")


@pytest.mark.requirement("CG-17.3d")
def test_a_volume_stays_as_long_as_its_longest_page(archived: Parts) -> None:
    keeper = closed(archived)
    volume = archived.catalog.volumes.names()[0]
    found = shown_volume(keeper, volume)
    assert found.whole and (found.whole.until, found.whole.rule) == (None, "CG-17.3b")
    ends = {one.keeping.until for one in found.parts}
    assert ends == {None, date(2046, 11, 20)}, "the customer who is closed does not shorten it"


@pytest.mark.requirement("B1-45")
def test_a_hold_keeps_images_and_their_papers(archived: Parts, scans: Path) -> None:
    keeper = closed(archived)
    keys = archived.catalog.named.of_page(FIRST.serial_no)
    hold = archived.catalog.holds.set(keys, "court file 7", "郑")
    assert whole(keeper) == (None, "B1-45")
    found = shown_page(keeper, digest((scans / "0001.jpg").read_bytes())[:10])
    assert {one.keeping.rule for one in found.parts} == {"B1-45"}
    assert {one.medium for one in found.parts} == {Medium.PAPER, Medium.ELECTRONIC}
    archived.catalog.holds.lift(hold.no, "closed", "郑")
    assert whole(keeper) == (date(2046, 11, 20), "CG-17.3b")


@pytest.mark.requirement("CG-17.3b")
def test_a_customer_who_comes_back_has_an_open_account_again(archived: Parts) -> None:
    number = FIRST.customer_no
    assert whole(closed(archived))[0] == date(2046, 11, 20)
    told = ran(archived, "customers", "returned", number, "--on", "2026-11-25", "--as", "李")[1]
    assert "is back since 2026-11-25" in told
    assert whole(Keeper(archived, TODAY)) == (None, "CG-17.3b")
    assert archived.catalog.closures.not_applied() == ()
    assert whole(closed(archived, on=date(2026, 11, 26)))[0] == date(2046, 11, 26)
    for on, why in (("2999-01-01", "yet to come"), ("x", "not a day")):
        with pytest.raises(UserError, match=why):
            ran(archived, "customers", "returned", number, "--on", on)


def test_business_after_the_closing_tells_it_by_itself(archived: Parts) -> None:
    assert whole(closed(archived, on=date(2026, 11, 18))) == (None, "CG-17.3b")


@pytest.mark.requirement("CG-17.3f")
def test_the_answer_names_the_rule_that_wins(archived: Parts) -> None:
    closed(archived)
    asked = ("retention", "show", "--customer", FIRST.customer_no)
    code, told = ran(archived, *asked)
    assert code == 0 and "The rule that wins is CG-17.3c" in told  # the file says nothing else
    assert "以 CG-17.3c 为准" in ran(archived, *asked, lang="zh")[1]
    told = ran(archived, "retention", "show", "--page", FIRST.serial_no)[1]
    assert "3301/2026-11-19" in told and "2046-11-20" in told
    assert "2 parts" in told
    bag = archived.catalog.archives.one(FIRST.customer_no).bag
    told = ran(archived, "retention", "show", "--bag", bag)[1]
    assert f"{bag} with its papers must stay until 2046-11-20" in told
    volume = archived.catalog.volumes.names()[0]
    assert f"Volume {volume}" in ran(archived, "retention", "show", "--volume", volume)[1]
    assert "CG-17.3b" in ran(archived, "retention", "rules")[1]
    for words, why in (
        (("--page", "7", "--volume", "PP-1"), "Say what"),
        ((), "Say what"),
        (("--volume", "PP-999999"), "no volume"),
        (("--customer", "7"), "No transaction"),
        (("--bag", "BAG-999999"), "Nothing lies in"),
    ):
        with pytest.raises(UserError, match=why):
            ran(archived, "retention", "show", *words)


def test_who_has_no_role_there_is_refused(archived: Parts) -> None:
    ran(archived, "staff", "add", "周总", "--role", "headquarters", "--as", "me")
    ran(archived, "staff", "add", "吴敏", "--role", "archivist", "--branch", "3302", "--as", "周总")
    asked = ("retention", "show", "--customer", FIRST.customer_no, "--as")
    assert ran(archived, *asked, "周总")[0] == 0
    with pytest.raises(UserError, match="not registered"):
        ran(archived, *asked, "吴敏")

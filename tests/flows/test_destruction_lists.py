"""Lists for destruction: only what is due is on one, and nobody skips a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from unittest.mock import patch

import pytest

from catalog.tables import destroyed_item
from flows.parts import Parts
from pipeline.destruction import ItemKind, Method, OrderState
from pipeline.errors import UserError
from pipeline.retention import Disposition, Medium, RetentionRule, Trigger
from pipeline.staff import Role
from storage.store import object_key
from tests.flows.archived_day import FIRST, SECOND, ruled

from .closed_customer import (
    NO_PAPERS,
    RULES,
    closed,
    draft,
    due,
    page_no,
    refused,
)
from .conftest import Run
from .test_reading_room import approved, desk

__all__ = ["closed"]


@pytest.mark.requirement("CG-20a")
def test_only_what_is_due_is_listed_and_all_else_is_named(closed: Parts) -> None:
    early = draft(closed, date(2046, 11, 20))
    assert early.order is None and len(early.refused) == 2, "one paper, one image"
    assert all("until 2046-11-20 (CG-17.3b" in str(one) for one in early.refused)
    found = draft(closed)
    assert found.order and not found.refused
    kinds = [one.item.kind for one in found.order.items]
    assert kinds == [ItemKind.PAPER, ItemKind.IMAGE, ItemKind.BACKUP]
    assert all(one.item.sha256 for one in found.order.items)
    assert {one.item.customer_no for one in found.order.items} == {FIRST.customer_no, ""}
    assert draft(closed).order is None, "nothing is on two lists"
    other = draft(closed, customer=SECOND.customer_no)
    assert other.order is None
    assert all("is open" in str(one) for one in other.refused)


@pytest.mark.requirement("CG-17.3c", "CG-17.3e")
def test_electronic_copies_stay_for_good_and_cover_the_paper(closed: Parts) -> None:
    kept = ruled(closed, electronic=Disposition.KEEP)
    found = draft(kept)
    assert found.order and [one.item.kind for one in found.order.items] == [ItemKind.PAPER]
    assert [str(one).endswith("electronic copies are kept for good).") for one in found.refused]


@pytest.mark.requirement("CG-17.3e")
def test_paper_stays_while_its_images_are_not_proven(closed: Parts) -> None:
    kept = ruled(closed, electronic=Disposition.KEEP)
    with patch.object(type(kept.catalog.copies), "proven", lambda *_: {}):
        found = draft(kept)
    assert found.order is None
    assert any("do not cover the rest" in str(one) for one in found.refused)


@pytest.mark.requirement("CG-17.3e")
def test_images_stay_while_their_paper_must_and_is_not_there(closed: Parts) -> None:
    books = RetentionRule("books", Trigger.BUSINESS_DAY, 30, (Medium.PAPER,))
    longer = ruled(closed, rules=(books,))
    found = draft(longer)
    assert found.order and ItemKind.IMAGE in {one.item.kind for one in found.order.items}
    assert ["books" in str(one) for one in found.refused] == [True], "the paper has its time to go"
    with patch("flows.stored_papers._day", lambda *_: NO_PAPERS):
        verdict = due(longer).object(object_key(page_no(longer)))
    assert "not in store" in str(verdict.refusal)


@pytest.mark.requirement("CG-20b")
def test_no_step_is_skipped_and_nobody_stands_on_both_sides(closed: Parts) -> None:
    order = draft(closed).order
    assert order
    register, no = closed.catalog.destructions, order.no

    def decide(who: str) -> object:
        return register.decide(no, RULES, True, "8", who)

    def opine(role: Role, who: str) -> object:
        return register.opine(no, RULES, role, True, "ok", who)

    for act, why in (
        (lambda: decide("孙会"), "did not speak yet"),
        (lambda: opine(Role.HEADQUARTERS, " 何静"), "somebody else"),
        (lambda: opine(Role.TELLER, "周总"), "are asked of"),
        (lambda: register.opine(no, RULES, Role.COMPLIANCE, True, " ", "周总"), "--text"),
        (lambda: register.attend(no, "钱一"), "cannot be done now"),
        (lambda: register.order(9), "no list 9"),
    ):
        refused(act, why)
    opine(Role.HEADQUARTERS, "周总")
    for act, why in (
        (lambda: opine(Role.HEADQUARTERS, "郑规"), "spoke of list"),
        (lambda: opine(Role.COMPLIANCE, "周总"), "somebody else"),
        (lambda: decide("孙会"), "Compliance"),
    ):
        refused(act, why)
    register.opine(no, RULES, Role.COMPLIANCE, False, "有纠纷", "郑规")
    with pytest.raises(UserError, match="objects"):
        decide("孙会")
    assert register.decide(no, RULES, False, "8", "孙会").state is OrderState.REFUSED
    with pytest.raises(UserError, match="turned down"):
        decide("孙会")
    assert draft(closed).order, "what was turned down may be listed anew"


@pytest.mark.requirement("CG-20b")
def test_of_two_decisions_at_once_one_counts(closed: Parts) -> None:
    order = draft(closed).order
    assert order
    register = closed.catalog.destructions
    register.opine(order.no, RULES, Role.HEADQUARTERS, True, "a", "周总")
    register.opine(order.no, RULES, Role.COMPLIANCE, True, "b", "郑规")
    stale = register.order(order.no)
    register.decide(order.no, RULES, True, "8", "孙会")
    with (
        patch("catalog.destructions._one", lambda *_: stale),
        pytest.raises(UserError, match="quicker"),
    ):
        register.decide(order.no, RULES, False, "9", "李会")
    assert register.order(order.no).decision == replace(
        register.order(order.no).decision,  # type: ignore[type-var]
        approved=True,
        person="孙会",
    )


@pytest.mark.requirement("DK-30")
def test_what_a_record_lacks_is_not_destroyed(closed: Parts) -> None:
    order = draft(closed).order
    assert order
    [one, *_] = order.items
    register = closed.catalog.destructions
    for who, watching in (("", ("钱一", "赵二")), ("吴敏", ())):
        begin = partial(register.begin, order.no, one, Method.SHREDDED, who, watching)
        refused(begin, "record of a destruction lacks")
    assert register.order(order.no).items[0].begun_at is None
    for column in ("method", "person", "at", "supervisors"):
        assert not destroyed_item.c[column].nullable, "the database refuses it too"


def test_a_paper_that_was_taken_out_is_on_no_list(closed: Parts) -> None:
    archive = closed.catalog.archives.one(FIRST.customer_no)
    [line] = archive.in_store
    no = approved(closed, customer=FIRST.customer_no)
    desk(closed).give(no, [line.entry], datetime.now(UTC))
    assert any("taken out of its bag" in str(one) for one in draft(closed).refused)


def test_a_list_of_an_unknown_branch_is_refused(closed: Parts, run: Run) -> None:
    assert "Branch 9999 is unknown" in str(run("destroy", "list", "--branch", "9999").exception)

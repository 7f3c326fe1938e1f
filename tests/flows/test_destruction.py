"""Destruction: listed, opinions, committee, supervisors, carried out, verified; nothing else ever goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from catalog.catalog import Catalog
from catalog.closures import Closure
from flows.bundling import keep_changes
from flows.destroying import STEPS, Destroying, carry_out, confirm, left_by_hand
from flows.destruction_check import verify
from flows.destruction_due import Due
from flows.destruction_list import Draft, Listing
from flows.keeping import Keeper
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.stores import Stores
from flows.sweep import sweep
from flows.verify import Verifier
from pipeline.archive import LineKind
from pipeline.carriers import CarrierKind
from pipeline.copies import Depth
from pipeline.destruction import DestructionRules, ItemKind, Method, OrderState
from pipeline.errors import Locked, UserError
from pipeline.language import say
from pipeline.retention import Disposition, Medium, RetentionRule, Trigger
from pipeline.staff import Role
from storage.store import object_key
from tests.flows.archived_day import FIRST, SECOND, ruled
from tests.flows.captured_day import ran
from tests.flows.conftest import Silent
from tests.flows.test_lifecycle import TOMORROW

CLOSED, DUE = date(2026, 11, 20), date(2046, 11, 21)
RULES = DestructionRules()


@pytest.fixture
def closed(archived: Parts) -> Parts:
    """The first customer's account is closed; the second's is not."""
    archived.catalog.closures.enter(Closure(FIRST.customer_no, CLOSED), "李")
    return archived


def due(parts: Parts, today: date = DUE) -> Due:
    return Due(Keeper(parts, today))


def draft(parts: Parts, today: date = DUE, customer: str | None = None) -> Draft:
    shelf = frozenset(name for name in parts.catalog.volumes.names())
    return Listing(due(parts, today), "3301", shelf).enter("何静", customer)


def approved(parts: Parts, today: date = DUE) -> int:
    order = draft(parts, today).order
    assert order
    register = parts.catalog.destructions
    register.opine(order.no, RULES, Role.HEADQUARTERS, True, "无保存价值", "周总")
    register.opine(order.no, RULES, Role.COMPLIANCE, True, "同意", "郑规")
    register.decide(order.no, RULES, True, "风委会 2046-8", "孙会")
    for person in ("钱一", "赵二"):
        register.attend(order.no, person)
    return order.no


def destroying(parts: Parts, stores: Stores, who: str = "吴敏", **more: Any) -> Destroying:
    return Destroying(parts, stores, due(parts), who, Silent(), **more)


def verifier(parts: Parts, stores: Stores) -> Verifier:
    return Verifier(parts, stores, Silent(), lambda fault: pytest.fail(str(fault)))


def keys_of(parts: Parts, no: int) -> list[str]:
    return [
        one.item.name
        for one in parts.catalog.destructions.order(no).items
        if one.item.kind is ItemKind.IMAGE
    ]


def all_gone(parts: Parts, stores: Stores, no: int) -> None:
    """Everything that people and program have to do."""
    carry_out(destroying(parts, stores), no)
    pack(Packing(parts, stores, "tester", Silent()), everything=True)
    carry_out(destroying(parts, stores), no)
    for one in left_by_hand(parts.catalog.destructions.order(no)):
        confirm(destroying(parts, stores), no, one.no, Method.SHREDDED)


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
        verdict = due(longer).object(object_key(_page(longer)))
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


@pytest.mark.requirement("CG-20c")
def test_two_others_must_watch(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    for who, why in (("钱一", "1 supervisors besides"), ("赵二", "1 supervisors besides")):
        with pytest.raises(UserError, match=why):
            carry_out(destroying(closed, stores, who), no)
    with pytest.raises(UserError, match="somebody else"):
        closed.catalog.destructions.attend(no, "何静")
    with patch("flows.destroying.datetime") as clock:
        clock.now.return_value = TOMORROW
        with pytest.raises(UserError, match="0 supervisors"):
            carry_out(destroying(closed, stores), no)
    assert all(stores.vault.primary.versions(key) for key in keys_of(closed, no))


@pytest.mark.requirement("CG-20d", "CG-20e")
def test_what_was_approved_goes_everywhere_and_nothing_else(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    [key] = keys_of(closed, no)
    volume = closed.catalog.volumes.names()[0]
    others = {
        place: set(store.iter_keys("obj/")) - {key} for place, store in stores.healable.items()
    }
    first = carry_out(destroying(closed, stores), no)
    assert (first.listed, first.destroyed, first.by_hand) == (3, 1, 2)
    assert any("other objects have their cold copy in it" in str(one) for one in first.told)
    with pytest.raises(UserError, match="2 items of list 1 are not destroyed"):
        verify(destroying(closed, stores, "冯检"), no)
    pack(Packing(closed, stores, "tester", Silent()), everything=True)
    second = carry_out(destroying(closed, stores), no)
    assert (second.destroyed, second.by_hand) == (1, 1)
    assert volume not in stores.cold.everything()
    assert {
        place: set(store.iter_keys("obj/")) for place, store in stores.healable.items()
    } == others
    confirm(destroying(closed, stores), no, 1, Method.SHREDDED)
    archive = closed.catalog.archives.one(FIRST.customer_no)
    assert archive.pages == 0 and archive.lines[-1].kind is LineKind.DESTROYED
    with pytest.raises(UserError, match="was destroyed"):
        archive.moved(archive.lines[-1].of_line or 0, LineKind.BACK)
    with pytest.raises(UserError, match="somebody else"):
        verify(destroying(closed, stores), no)
    absence = verify(destroying(closed, stores, "冯检"), no)
    assert absence.complete and absence.looked == {"paper": 1, "image": 1, "backup": 1}
    order = closed.catalog.destructions.order(no)
    assert order.state is OrderState.VERIFIED and order.verified_by == "冯检"
    assert {one.method for one in order.items} == {Method.SHREDDED, Method.ERASED}
    assert closed.catalog.first_broken_log_entry() is None
    with pytest.raises(UserError, match="cannot be done now"):
        carry_out(destroying(closed, stores), no)


@pytest.mark.requirement("CG-20d")
def test_what_is_destroyed_is_not_lost(closed: Parts, stores: Stores, tmp_path: Path) -> None:
    no = approved(closed)
    [key] = keys_of(closed, no)
    all_gone(closed, stores, no)
    catalog = closed.catalog
    assert (
        verifier(closed, stores).verify(catalog.verifications.all_keys(), Depth.BYTES, "all").whole
    )
    swept = sweep(verifier(closed, stores), TOMORROW)
    assert swept.clean and swept.gaps.objects == 0
    assert catalog.verifications.lost() == () == catalog.verifications.in_volumes_only()
    assert not stores.vault.primary.versions(key)
    packed = pack(Packing(closed, stores, "tester", Silent()), everything=True)
    assert not packed.left
    keep_changes(catalog.bundles, stores.vault)
    stores.vault.flush()
    again = Catalog.create_empty(f"sqlite:///{tmp_path / 'again.sqlite'}")
    assert rebuild((stores.vault.replica,), again, Silent()).complete
    assert not list(catalog.differences(again))
    assert again.destructions.destroyed([key]) == {key}
    parts = replace(closed, catalog=again)
    assert sweep(verifier(parts, stores), TOMORROW).clean, "nor does a rebuilt catalog miss it"
    again.close()


@pytest.mark.requirement("B1-45")
def test_a_hold_in_the_middle_stops_the_rest(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    [key] = keys_of(closed, no)
    hold = closed.catalog.holds.set(closed.catalog.named.of_page(FIRST.serial_no), "court", "郑规")
    done = carry_out(destroying(closed, stores), no)
    assert (done.destroyed, done.stopped) == (0, 1)
    with pytest.raises(UserError, match="legal hold"):
        confirm(destroying(closed, stores), no, 1, Method.BURNT)
    assert stores.vault.primary.versions(key) and stores.vault.replica.versions(key)
    closed.catalog.holds.lift(hold.no, "settled", "郑规")
    assert carry_out(destroying(closed, stores), no).destroyed == 1


@pytest.mark.requirement("B1-45")
def test_a_hold_between_two_stores_saves_what_is_left(closed: Parts, stores: Stores) -> None:
    """The run died after the primary's copy was deleted; then somebody holds the page."""
    no = approved(closed)
    [key] = keys_of(closed, no)

    def die(step: str) -> None:
        if step == "destroyed_version_deleted":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(destroying(closed, stores, at=die), no)
    assert not stores.vault.primary.versions(key)
    closed.catalog.holds.set(closed.catalog.named.of_page(FIRST.serial_no), "court", "郑规")
    assert carry_out(destroying(closed, stores), no).stopped == 1
    Verifier(closed, stores, Silent(), lambda _: None).verify([key], Depth.BYTES, "all")
    assert stores.vault.primary.versions(key), "what is left counts again, and is healed"


@pytest.mark.requirement("CG-17.3b")
def test_a_customer_who_returns_stops_it_too(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    closed.catalog.closures.enter_return(FIRST.customer_no, date(2026, 11, 26), "李")
    done = carry_out(destroying(closed, stores), no)
    assert (done.destroyed, done.stopped) == (0, 1)
    assert any("is open" in str(one) for one in done.told)
    for number in (1, 2, 3):
        closed.catalog.destructions.withdraw(no, number, "客户重新开户", "何静")
    assert verify(destroying(closed, stores, "冯检"), no).complete
    with pytest.raises(UserError, match="taken off already"):
        closed.catalog.destructions.withdraw(no, 1, "again", "何静")


def test_locks_are_obeyed_at_both_stores(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    [key] = keys_of(closed, no)
    waits = say("{key} waits: it is locked until {until}.", key=key, until="2047-01-01")
    with patch("flows.destroying.what_locks", lambda *_: waits):
        done = carry_out(destroying(closed, stores), no)
    assert (done.locked, done.destroyed) == (1, 0)
    replica = type(stores.vault.replica)
    with patch.object(replica, "delete_version", side_effect=Locked(say("locked"))):
        assert carry_out(destroying(closed, stores), no).locked == 1
    assert stores.vault.primary.versions(key) and stores.vault.replica.versions(key)
    assert closed.catalog.removals.leaving([key]) == {key: frozenset(stores.healable)}
    assert carry_out(destroying(closed, stores), no).destroyed == 1


@pytest.mark.requirement("CG-20d")
def test_what_comes_back_is_found_and_destroyed_again(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    [key] = keys_of(closed, no)
    content = stores.vault.primary.read(key)
    all_gone(closed, stores, no)
    stores.vault.replica.put_once(key, content, key[-64:])
    (closed.workspace.spool / key[-64:]).write_bytes(content)
    absence = verify(destroying(closed, stores, "冯检"), no)
    assert len(absence.found) == 2
    assert closed.catalog.destructions.order(no).state is OrderState.APPROVED
    assert carry_out(destroying(closed, stores), no).destroyed == 1
    assert verify(destroying(closed, stores, "冯检"), no).complete


def test_a_carrier_is_destroyed_by_people_when_nothing_else_needs_it(
    closed: Parts, stores: Stores
) -> None:
    carriers, volume = closed.catalog.carriers, closed.catalog.volumes.names()[0]
    carriers.add("D-001", CarrierKind.OPTICAL, "库房 1", "吴敏")
    carriers.written(volume, "D-001", "吴敏")
    carriers.tested(volume, "D-001", (), "吴敏")
    no = approved(closed)
    names = [one.item.name for one in closed.catalog.destructions.order(no).items]
    assert names[-2:] == [f"{volume}@shelf", f"{volume}@D-001"]
    with pytest.raises(UserError, match="first what is online goes"):
        confirm(destroying(closed, stores), no, 4, Method.CRUSHED)
    all_gone(closed, stores, no)
    assert not carriers.one("D-001").in_use
    assert verify(destroying(closed, stores, "冯检"), no).complete


def test_a_paper_that_was_taken_out_is_on_no_list(closed: Parts) -> None:
    archive = closed.catalog.archives.one(FIRST.customer_no)
    [line] = archive.in_store
    closed.catalog.archives.take(FIRST.customer_no, line.number, LineKind.OUT, "查阅", "何静")
    assert any("taken out of its bag" in str(one) for one in draft(closed).refused)


def test_an_indexed_text_goes_with_its_page(closed: Parts, stores: Stores) -> None:
    page = _page(closed)
    kept = stores.vault.keep_text(b"%PDF-1.7 words")
    stores.vault.flush()
    from catalog.texts import Asking, StoredText

    texts = closed.catalog.texts
    texts.keep(StoredText(page, kept.sha256, kept.byte_count, "t", kept.versions), "t")
    texts.index(page, "资金取出 余玲", Asking("t", "p"))
    no = approved(closed)
    kinds = [one.item.kind for one in closed.catalog.destructions.order(no).items]
    assert kinds[1:4] == [ItemKind.INDEX, ItemKind.TEXT, ItemKind.IMAGE]
    assert carry_out(destroying(closed, stores), no).destroyed == 3
    assert texts.indexed(page) is None and not stores.vault.primary.versions(kept.key)
    texts.index_anew()
    texts.index(page, "资金取出 余玲", Asking("t", "p"))
    assert texts.indexed(page) is None, "nor is it indexed again"


def test_every_step_is_passed(closed: Parts, stores: Stores) -> None:
    passed: list[str] = []
    carry_out(destroying(closed, stores, at=passed.append), approved(closed))
    assert {*passed, "index_erased"} == set(STEPS)


def test_at_the_command_line(closed: Parts, tmp_path: Path) -> None:
    """Who may, who may not, and what people are told; the file of settings keeps electronic copies."""
    parts = closed
    at = ("destroy",)
    assert "Nothing was ever listed" in ran(parts, *at, "orders")[1]
    with patch("flows.commands.destroy.today", lambda: DUE):
        told = ran(parts, *at, "list", "--branch", "3301", "--draft", "--as", "何静")[1]
        assert "1 items are due" in told and "kept for good" in told
        assert "List 1 is entered" in ran(parts, *at, "list", "--branch", "3301", "--as", "何静")[1]
        for role, who in (("headquarters", "周总"), ("compliance", "郑规")):
            ran(parts, *at, "opinion", "1", "--for", role, "--agree", "--text", "同意", "--as", who)
        ran(parts, *at, "decide", "1", "--approve", "--minutes", "风委会 8", "--as", "孙会")
        for who in ("钱一", "赵二"):
            assert who in ran(parts, *at, "attend", "1", "--as", who)[1]
    shown = ran(parts, *at, "show", "1", lang="zh")[1]
    assert "纸质" in shown and "同意" in shown and "风委会 8" in shown
    code = parts.catalog.destructions.order(1).code
    assert "风委会 8" in ran(parts, *at, "show", code)[1]
    for wrong, why in ((code[:-1], "is not that of list 1"), ("x", "neither a list's number")):
        with pytest.raises(UserError, match=why):
            ran(parts, *at, "show", wrong)
    for name in ("册.pdf", "册.html", "册.json", "册.csv"):
        path = tmp_path / "清册" / name
        assert ran(parts, *at, "register", "1", "-o", str(path), lang="zh")[0] == 0
        content = path.read_bytes()
        assert content.startswith(b"%PDF") or FIRST.customer_no in content.decode()
    assert json.loads((tmp_path / "清册" / "册.json").read_bytes())["decision"]["person"] == "孙会"
    assert code in (tmp_path / "清册" / "册.html").read_text("utf-8")
    with pytest.raises(UserError, match="name such a file"):
        ran(parts, *at, "register", "1", "-o", str(tmp_path / "a.xlsx"))
    assert "approved, being carried out" in ran(parts, *at, "orders")[1]
    ran(parts, "staff", "add", "周总", "--role", "headquarters", "--as", "me")
    for words in (
        ("list", "--branch", "3301"),
        ("opinion", "1", "--for", "compliance", "--agree", "--text", "x"),
        ("decide", "1", "--approve", "--minutes", "x"),
        ("attend", "1"),
        ("carry-out", "1"),
        ("confirm", "1", "1", "--method", "shredded"),
        ("withdraw", "1", "1", "--why", "x"),
        ("verify", "1"),
    ):
        with pytest.raises(UserError, match="not registered"):
            ran(parts, *at, *words, "--as", "外人")


def refused(act: Callable[[], object], why: str) -> None:
    with pytest.raises(UserError, match=why):
        act()


NO_PAPERS: Any = type("Nothing", (), {"papers": {}, "images": {}, "closed": True})()


def _page(parts: Parts) -> str:
    return sorted(parts.catalog.named.pages_of_customer(FIRST.customer_no))[0]

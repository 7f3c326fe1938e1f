"""An approved list carried out before supervisors and verified; nothing else ever goes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest

from catalog.catalog import Catalog
from flows.bundling import keep_changes
from flows.destroying import STEPS, carry_out, confirm
from flows.destruction_check import verify
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.stores import Stores
from flows.sweep import sweep
from flows.verify import Verifier
from pipeline.archive import LineKind
from pipeline.carriers import CarrierKind
from pipeline.copies import Depth
from pipeline.destruction import ItemKind, Method, OrderState
from pipeline.errors import Locked, UserError
from pipeline.language import say
from tests.flows.archived_day import FIRST
from tests.flows.captured_day import ran
from tests.flows.conftest import Silent
from tests.flows.packed_day import TOMORROW

from .closed_customer import (
    DUE,
    all_gone,
    approved,
    closed,
    destroying,
    keys_of,
    page_no,
    verifier,
)

__all__ = ["closed"]


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


def test_an_indexed_text_goes_with_its_page(closed: Parts, stores: Stores) -> None:
    page = page_no(closed)
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
    with patch("flows.commands.carrying_out.today", lambda: DUE):
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
    with pytest.raises(UserError, match="does not say how to write it"):
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

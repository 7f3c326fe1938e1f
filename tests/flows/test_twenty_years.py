"""A customer from opening to closing to destruction twenty years on; the register is right at each stage."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from catalog.closures import Closure
from flows.bundling import keep_changes
from flows.destroying import carry_out, confirm, left_by_hand
from flows.destruction_check import verify
from flows.destruction_due import Due
from flows.keeping import Keeper
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.retention_shown import shown_customer
from flows.stores import Stores
from flows.upkeep import Upkeep, keep_up
from pipeline.destruction import Method, OrderState
from pipeline.retention import RetentionRule, Trigger
from pipeline.staff import Role
from tests.flows.archived_day import FIRST, ruled
from tests.flows.captured_day import ran
from tests.flows.closed_customer import RULES, destroying, draft, keys_of
from tests.flows.conftest import DAY, Silent

CUSTOMER = FIRST.customer_no
AML = RetentionRule("AML-34", Trigger.ACCOUNT_CLOSED, 10, since=date(2025, 1, 1))


def ends(parts: Parts, today: date) -> tuple[date | None, str]:
    whole = shown_customer(Keeper(parts, today), CUSTOMER).whole
    assert whole
    return whole.until, whole.rule


def approve(parts: Parts) -> None:
    said = parts.catalog.destructions
    said.opine(1, RULES, Role.HEADQUARTERS, True, "无保存价值", "周总")
    said.opine(1, RULES, Role.COMPLIANCE, True, "无纠纷", "郑规")
    said.decide(1, RULES, True, "风委会 2055-3", "孙会")
    for person in ("钱一", "赵二"):
        said.attend(1, person)


def register(parts: Parts, path: Path, no: int = 1) -> list[dict[str, str]]:
    """The register of a list as its CSV twin has it."""
    assert ran(parts, "destroy", "register", str(no), "--output", str(path), lang="zh")[0] == 0
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


@pytest.mark.requirement("CG-17.3b", "CG-20a", "CG-20d", "CG-20e")
def test_from_opening_to_destruction(archived: Parts, stores: Stores, tmp_path: Path) -> None:
    parts = ruled(archived, rules=(AML,))
    book = tmp_path / "销毁清册.csv"
    # 2026: the account is open, nothing has an end, and nothing is a candidate ever so late
    assert ends(parts, DAY) == (None, "CG-17.3b")
    assert draft(parts, date(2099, 1, 1)).items == []
    # 2030: closed, back in 2031, closed for good in 2035; ten years by one rule, twenty by the other
    closures = parts.catalog.closures
    closures.enter(Closure(CUSTOMER, date(2030, 3, 1)), "李")
    assert ends(parts, date(2030, 3, 2)) == (date(2050, 3, 1), "CG-17.3b")
    closures.enter_return(CUSTOMER, date(2031, 5, 5), "李")
    assert ends(parts, date(2052, 1, 1)) == (None, "CG-17.3b")
    closures.enter(Closure(CUSTOMER, date(2035, 2, 28)), "李")
    assert ends(parts, date(2035, 3, 1)) == (date(2055, 2, 28), "CG-17.3b")
    # 2045: ten years are not enough, nor is the last day of the twentieth
    for early in (date(2045, 3, 1), date(2055, 2, 28)):
        assert draft(parts, early).order is None
    # the day after: listed, approved, and then a court holds it
    today = date(2055, 3, 1)
    order = draft(parts, today).order
    assert order and order.state is OrderState.LISTED
    assert {row["类别"] for row in register(parts, book)} == {"纸质", "电子影像", "备份"}
    assert {row["销毁时间、方式"] for row in register(parts, book)} == {""}
    approve(parts)
    work = replace(destroying(parts, stores), due=Due(Keeper(parts, today)))
    hold = parts.catalog.holds.set(parts.catalog.named.of_customer(CUSTOMER), "法院", "郑规")
    assert ends(parts, today) == (None, "B1-45")
    assert carry_out(work, 1).destroyed == 0
    parts.catalog.holds.lift(hold.no, "结案", "郑规")
    # carried out in two runs, for the volume has other customers' pages
    [page] = keys_of(parts, 1)
    assert carry_out(work, 1).destroyed == 1
    pack(Packing(parts, stores, "tester", Silent()), everything=True)
    assert carry_out(work, 1).destroyed == 1
    for one in left_by_hand(parts.catalog.destructions.order(1)):
        confirm(work, 1, one.no, Method.PULPED)
    assert verify(replace(work, who="冯检"), 1).complete
    rows = register(parts, book)
    assert all("吴敏" in row["销毁时间、方式"] for row in rows)
    assert {row["SHA-256"] for row in rows} == {one.item.sha256 for one in order.items}
    # afterwards: nights are quiet, nothing is left of the bag, and the register stays
    assert shown_customer(Keeper(parts, today), CUSTOMER).parts == ()
    night = Upkeep(parts, stores, Silent(), lambda fault: pytest.fail(str(fault)), DAY)
    assert not keep_up(night).critical
    assert draft(parts, date(2099, 1, 1)).items == [], "nothing is destroyed twice"
    keep_changes(parts.catalog.bundles, stores.vault)
    again = Catalog.create_empty(f"sqlite:///{tmp_path / 'again.sqlite'}")
    assert rebuild((stores.vault.primary,), again, Silent()).complete
    assert again.destructions.order(1) == parts.catalog.destructions.order(1)
    assert again.removals.at(None) == {page}
    again.close()

"""A customer whose account was closed long ago, and what is due to be destroyed of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from catalog.closures import Closure
from flows.destroying import Destroying, carry_out, confirm, left_by_hand
from flows.destruction_due import Due
from flows.destruction_list import Draft, Listing
from flows.keeping import Keeper
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.stores import Stores
from flows.verify import Verifier
from pipeline.destruction import ItemKind, Method
from pipeline.destruction_rules import DestructionRules
from pipeline.errors import UserError
from pipeline.staff import Role
from tests.flows.archived_day import FIRST
from tests.flows.conftest import Silent

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


def refused(act: Callable[[], object], why: str) -> None:
    with pytest.raises(UserError, match=why):
        act()


NO_PAPERS: Any = type("Nothing", (), {"papers": {}, "images": {}, "closed": True})()


def page_no(parts: Parts) -> str:
    return sorted(parts.catalog.named.pages_of_customer(FIRST.customer_no))[0]

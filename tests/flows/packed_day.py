"""A day in both stores and packed, whose copies in the primary may go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.lifecycle import Lifecycle, Planned, Removed, plan, run
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.store_settings import LifecycleSettings
from flows.stores import Stores
from flows.take_in import take_in
from flows.verify import Verifier
from pipeline.model import Batch
from storage.store import digest, object_key
from tests.flows.conftest import Silent

TOMORROW = datetime.now(UTC) + timedelta(days=2)


def with_rules(parts: Parts, **rules: Any) -> Parts:
    chosen = LifecycleSettings(**{"hot_days": 1, "least_copies": 2, **rules})
    return replace(parts, settings=parts.settings.model_copy(update={"lifecycle": chosen}))


@pytest.fixture
def packed(parts: Parts, intake: Intake, stores: Stores, scans: Path, batch: Batch) -> Parts:
    """A batch in both stores and in a volume, and the settings that let copies go."""
    take_in(intake, scans, batch, Silent())
    pack(Packing(parts, stores, "tester", Silent()), everything=True)
    return with_rules(parts)


@pytest.fixture
def due(packed: Parts, stores: Stores) -> Lifecycle:
    return Lifecycle(packed, stores, "李", Silent())


@pytest.fixture
def page(scans: Path) -> str:
    return object_key(digest((scans / "0001.jpg").read_bytes()))


def planned(due: Lifecycle) -> Planned:
    return plan(due, TOMORROW + timedelta(days=1))


def approved(due: Lifecycle) -> int:
    order = planned(due).order
    assert order
    due.parts.catalog.removals.approve(order.no, "王")
    return order.no


def removed(due: Lifecycle) -> Removed:
    return run(due, approved(due))


def carried_out(due: Lifecycle, no: int) -> Removed:
    return run(due, no)


def verifier(due: Lifecycle) -> Verifier:
    return Verifier(due.parts, due.stores, Silent(), lambda fault: pytest.fail(str(fault)))


def pages_in(store: Any) -> list[str]:
    return list(store.iter_keys("obj/"))

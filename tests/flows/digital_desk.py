"""A branch that born-digital packages are sent to, and a transaction that such a package is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.digital import DigitalIntake, DigitalTaken, take_in_digital
from flows.parts import Parts
from flows.stores import Stores
from pipeline.clocks import ZONE
from pipeline.model import Transaction
from pipeline.sandbox import Sandbox
from tests.flows.conftest import Silent, booked
from tests.sent_package import FILES, send

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=ZONE)


@dataclass(frozen=True)
class Desk:
    """One branch that packages are sent to."""

    intake: DigitalIntake
    folder: Path

    def take(self, path: Path, **changes: Any) -> DigitalTaken:
        return take_in_digital(replace(self.intake, **changes), path, Silent())

    def refusal(self, path: Path, **changes: Any) -> str:
        """The sentence by which the only package was refused; nothing of it may be in."""
        taken = self.take(path, **changes)
        assert (taken.packages, len(taken.refused), taken.admitted) == (1, 1, [])
        assert not any(self.intake.parts.workspace.spool.glob("*.part"))
        return str(taken.refused[0][1])

    def sent(self, files: Mapping[str, tuple[str, bytes]] = FILES, **values: Any) -> Path:
        return send(self.folder / str(len(list(self.folder.iterdir()))), files, **values)


@pytest.fixture
def desk(parts: Parts, stores: Stores, opener: Sandbox, tmp_path: Path) -> Desk:
    folder = tmp_path / "电子资料"
    folder.mkdir()
    return Desk(DigitalIntake(parts, stores, opener.media, "3301", "周归档", NOW), folder)


@pytest.fixture
def row() -> Transaction:
    return booked(
        3, channel="online_hall", business_code="B503", business_name="产品赎回", voucher_count=None
    )

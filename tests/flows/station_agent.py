"""An agent of a station, and lines to headquarters that answer, or break as they are told."""

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from flows.admit_page import Intake
from flows.agent.ledger import Ledger
from flows.agent.line import Line, NoLine
from flows.agent.rounds import Agent
from flows.parts import Parts
from flows.take_in import take_in
from flows.uploads import Uploads
from ingest.inbox import ClaimRules
from pipeline.language import say
from pipeline.model import Batch
from tests.direct_line import DirectLine
from tests.flows.conftest import DAY, Silent

OFFLINE = say("offline")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "扫描 inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def line(parts: Parts, intake: Intake) -> DirectLine:
    uploads = Uploads(parts.workspace.uploads, 1 << 20)
    moving = replace(intake, moving=True)

    def taken(one: Batch) -> None:
        take_in(moving, uploads.of(one), one, Silent())

    return DirectLine(parts, uploads, taken)


def agent(inbox: Path, line: Line, **values: Any) -> Agent:
    ledger = Ledger(inbox / ".paperproof-agent")
    ledger.prepare()
    plain = Agent(inbox, ledger, line, "3301", "station-1", "inbox", DAY, ClaimRules(0))
    return replace(plain, **values)


@dataclass
class Broken:
    """A line that breaks off at some of its requests, before headquarters acted or after."""

    line: Line
    rng: random.Random
    share: float

    def __getattr__(self, name: str) -> Any:
        def asked(*given: Any) -> Any:
            if self.rng.random() < self.share / 2:
                raise NoLine(OFFLINE)
            answer = getattr(self.line, name)(*given)
            if self.rng.random() < self.share / 2:
                raise NoLine(OFFLINE)
            return answer

        return asked

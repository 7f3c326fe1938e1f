"""The four checks (四性检测, DA/T 70-2018): authenticity, integrity, usability and security of records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.language import Message, say


class Quality(StrEnum):
    """What a check is of."""

    AUTHENTICITY = "authenticity"
    INTEGRITY = "integrity"
    USABILITY = "usability"
    SECURITY = "security"


QUALITIES: Mapping[Quality, Message] = {
    Quality.AUTHENTICITY: say("Authenticity"),
    Quality.INTEGRITY: say("Integrity"),
    Quality.USABILITY: say("Usability"),
    Quality.SECURITY: say("Security"),
}


class Stage(StrEnum):
    """When they are made (DA/T 70-2018: 归档、移交与接收、长期保存)."""

    FILING = "filing"
    HANDOVER = "handover"
    STORAGE = "storage"


STAGES: Mapping[Stage, Message] = {
    Stage.FILING: say("at filing"),
    Stage.HANDOVER: say("at hand-over"),
    Stage.STORAGE: say("in storage"),
}


@dataclass(frozen=True)
class CheckFault:
    """One thing that does not hold, by the name under which people find it."""

    name: str
    why: Message


@dataclass(frozen=True)
class CheckLine:
    """One check: what was looked at, with which means, and what does not hold."""

    quality: Quality
    what: Message
    means: Message
    looked: int
    """How many were looked at; 0: there was nothing to look at."""
    faults: tuple[CheckFault, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all that was looked at holds."""
        return not self.faults


@dataclass(frozen=True)
class FourChecks:
    """All checks made at one stage on one subject."""

    stage: Stage
    subject: str
    """Branch and day, or the number of a transfer."""
    pages: int
    files: int
    lines: tuple[CheckLine, ...]

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(one.passed for one in self.lines)

    @property
    def faults(self) -> int:
        """How many faults there are."""
        return sum(len(one.faults) for one in self.lines)

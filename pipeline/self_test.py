"""What a store was seen to do when it was tried, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.language import Message, say


class Trait(StrEnum):
    """What is tried of a store."""

    DELETE = "delete"
    SHORTEN = "shorten"
    OVERWRITE = "overwrite"
    MULTIPART = "multipart"
    HOLD = "hold"
    SECOND_PUT = "second_put"
    CHECKSUM = "checksum"
    VERSIONS = "versions"


LOCKS = (Trait.DELETE, Trait.SHORTEN, Trait.OVERWRITE, Trait.MULTIPART, Trait.HOLD)
"""What must hold before a lock may be relied on."""

TRAITS: dict[Trait, Message] = {
    Trait.DELETE: say("a locked version cannot be deleted"),
    Trait.SHORTEN: say("a lock cannot be shortened"),
    Trait.OVERWRITE: say("a locked version stays when its key is written again"),
    Trait.MULTIPART: say("a version sent in parts is locked"),
    Trait.HOLD: say("a version under legal hold cannot be deleted"),
    Trait.SECOND_PUT: say("a second put of the same key is refused"),
    Trait.CHECKSUM: say("bytes that changed on the way are refused"),
    Trait.VERSIONS: say("older versions stay"),
}


class Outcome(StrEnum):
    """How a try came out."""

    HOLDS = "holds"
    FAILS = "fails"
    """The store accepted it and did not do it, or answered otherwise than it must."""
    NONE = "none"
    """The store says that it does not have it."""


@dataclass(frozen=True)
class SelfTest:
    """All answers of one store at one time: its record of what it can do."""

    at: datetime
    answers: Mapping[Trait, Outcome]

    @property
    def locks_hold(self) -> bool:
        """Whether a lock may be relied on."""
        return not self.failing_locks

    @property
    def failing_locks(self) -> tuple[Trait, ...]:
        """What of a lock does not hold."""
        return tuple(one for one in LOCKS if self.answers.get(one) is not Outcome.HOLDS)

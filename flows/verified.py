"""The account of a verification: what was looked at, what was bad, what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pipeline.copies import CopyState, Place
from pipeline.errors import PaperproofError
from pipeline.language import Message, say
from storage.looks import Verdict


@dataclass
class Verified:
    """The account of one verification."""

    asked: int = 0
    """Objects that the register knows of those named."""
    objects: int = 0
    """Those that were looked at."""
    copies: int = 0
    byte_count: int = 0
    bad: int = 0
    """Copies that were found damaged or missing."""
    healed: int = 0
    lost: int = 0
    """Objects that have no good copy."""
    settled: Counter[str] = field(default_factory=Counter)
    """Those of them that need nothing more, by who said so."""
    settled_copies: int = 0
    to_fetch: int = 0
    """Objects whose only good copy is on a carrier."""
    unknown: int = 0
    gone: dict[str, int] = field(default_factory=dict)
    """Cold volumes that are nowhere: not on the shelf, not on a carrier that was read; and their objects."""
    seconds: float = 0.0
    unreachable: dict[Place, Message] = field(default_factory=dict)
    not_locked: dict[Place, Message] = field(default_factory=dict)
    proof: str | None = None

    @property
    def needing(self) -> tuple[Message, ...]:
        """What needs a person beyond single objects: volumes and stores."""
        gone = (
            say(
                "CRITICAL: the cold volume {name} is neither in its folder nor on a carrier that was read "
                "back; its {count} objects are packed again at the next closing. If a carrier has it, run "
                "“paperproof cold written” and “paperproof cold check --carrier”.",
                name=name,
                count=count,
            )
            for name, count in self.gone.items()
        )
        return (*gone, *self.unreachable.values(), *self.not_locked.values())

    @property
    def whole(self) -> bool:
        """Whether every copy was looked at and is good, or was made good, and is locked as it should be.

        Bad copies of what is lost and was settled need nobody any more.
        """
        return self.bad == self.healed + self.settled_copies and not (
            self.unknown or self.not_locked or self.gone
        )

    def count(self, found: Verdict, left: Verdict) -> None:
        """Count one object, as it was found and as it is now."""
        self.objects += 1
        self.copies += len(found.looks)
        self.byte_count += sum(look.byte_count for look in found.looks)
        self.bad += len(found.bad)
        self.healed += sum(look.found is not None for look in left.looks)
        self.lost += left.lost
        self.to_fetch += left.to_fetch
        self.unknown += sum(look.state is CopyState.UNREACHABLE for look in left.looks)

    def must_add_up(self) -> None:
        """Raise PaperproofError unless all that were asked for were looked at."""
        if self.asked != self.objects:
            raise PaperproofError(
                say(
                    "Of {asked} objects only {objects} were looked at; verify them again and report this "
                    "to IT.",
                    asked=self.asked,
                    objects=self.objects,
                )
            )

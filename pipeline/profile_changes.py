"""What one profile says otherwise than another, by the codes of its entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.language import Message, say
from pipeline.profile import Profile


@dataclass(frozen=True)
class Changes:
    """Codes of one kind of entry."""

    kind: Message
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def message(self) -> Message:
        """All of them, in one line."""
        return say(
            "{kind}: added {added}; changed {changed}; removed {removed}.",
            kind=self.kind,
            added=", ".join(self.added) or "–",
            changed=", ".join(self.changed) or "–",
            removed=", ".join(self.removed) or "–",
        )


def changes(before: Profile, after: Profile) -> Iterator[Changes]:
    """Give what differs, one for each kind of entry that differs."""
    for kind, old, new in (
        (say("Categories"), before.categories, after.categories),
        (say("Document types"), before.types, after.types),
        (say("Businesses"), before.businesses, after.businesses),
        (say("Retention"), before.retention, after.retention),
    ):
        found = _compared(kind, old, new)
        if found.added or found.changed or found.removed:
            yield found


def _compared(kind: Message, old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    return Changes(
        kind,
        added=tuple(code for code in new if code not in old),
        changed=tuple(code for code in new if code in old and new[code] != old[code]),
        removed=tuple(code for code in old if code not in new),
    )

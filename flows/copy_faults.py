"""What is told of an object with a bad copy."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.verifications import Delivered
from pipeline.copies import BAD, PLACES, CopyState, Place
from pipeline.events import warn
from pipeline.language import Message, say
from storage.looks import Look, Verdict


@dataclass(frozen=True)
class Fault:
    """One object with a copy that is bad or could not be read: what was found, and what became of it."""

    found: Verdict
    left: Verdict
    came: Delivered | None
    carriers: tuple[str, ...] = ()
    """Numbers of the carriers that hold the volume with one more copy."""

    @property
    def lost(self) -> bool:
        """Whether no copy is good any more: critical."""
        return self.left.lost

    @property
    def messages(self) -> tuple[Message, ...]:
        """One sentence for each bad copy, and first that nothing good is left, or only on a carrier."""
        first = []
        if self.lost:
            first = [self._nothing_left()]
        elif self.left.to_fetch:
            first = [self._on_carriers_only()]
        return (*first, *map(self._told, self.left.looks))

    def _nothing_left(self) -> Message:
        if self.came is None:
            return say(
                "CRITICAL: no good copy of {what} is left; have IT look for it in backups.",
                what=self._what,
            )
        return say(
            "CRITICAL: no good copy of {what} is left; have {operator} scan its paper again.",
            what=self._what,
            operator=self.came.operator,
        )

    def _on_carriers_only(self) -> Message:
        return say(
            "CRITICAL: the only good copy of {what} is in the volume {volume}; fetch the carrier {carriers}, "
            "mount it, and run “paperproof storage verify --carrier FOLDER”.",
            what=self._what,
            volume=self.left.wanted.elsewhere,
            carriers=", ".join(self.carriers),
        )

    def _told(self, look: Look) -> Message:
        values = {"what": self._what, "place": PLACES[look.place]}
        if look.found is CopyState.MISSING:
            return say("{what} was missing in the {place} and was put there again.", **values)
        if look.found:
            return say(
                "{what} was damaged in the {place} and was replaced from a good copy.", **values
            )
        if look.state in BAD and look.place is Place.COLD:
            return say(
                "{what} is bad in the {place}; the next volume will hold it again.", **values
            )
        if look.state in BAD and not (self.lost or self.left.to_fetch):
            return say(
                "{what} is bad in the {place} and could not be replaced; have the store looked at and run "
                "this again.",
                **values,
            )
        if look.state is CopyState.MISSING:
            return say("{what} is missing in the {place}.", **values)
        if look.state is CopyState.DAMAGED:
            return say("{what} is damaged in the {place}.", **values)
        if look.why:
            return say(
                "{what} could not be read in the {place}, and was left as it was: {why}",
                **values,
                why=look.why,
            )
        if look.state is CopyState.UNREACHABLE:
            return say("{what} was not looked at in the {place}, which does not answer.", **values)
        return say("{what} is whole in the {place}.", **values)

    @property
    def _what(self) -> Message:
        if self.came is None:
            return say("object {key}", key=self.found.wanted.key)
        return say(
            "page {name} (branch {branch}, {day}, batch {batch})",
            name=self.came.name,
            branch=self.came.branch,
            day=self.came.day,
            batch=self.came.batch,
        )


def tell_bad(found: Verdict) -> None:
    """Tell an event for each bad copy of an object, before it is repaired."""
    for look in found.looks:
        if look.state in BAD:
            about = {"place": look.place.value, "state": look.state.value}
            warn("copy.bad", page=found.wanted.sha256, **about)

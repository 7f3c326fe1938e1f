"""Where papers lie: bags and volumes in boxes, boxes in cabinets, cabinets in rooms (CG-17.1a, CG-17.4c).

Nothing of a place is ever overwritten: where a container is follows from its moves, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.errors import UserError
from pipeline.language import Message, say

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,23}")


class ContainerKind(StrEnum):
    """What holds papers, or what holds them, from the largest down."""

    ROOM = "room"
    CABINET = "cabinet"
    BOX = "box"
    BAG = "bag"
    VOLUME = "volume"


KINDS: Mapping[ContainerKind, Message] = {
    ContainerKind.ROOM: say("store-room"),
    ContainerKind.CABINET: say("cabinet"),
    ContainerKind.BOX: say("box"),
    ContainerKind.BAG: say("customer's bag"),
    ContainerKind.VOLUME: say("bound volume"),
}
_RANKS = {kind: min(rank, 3) for rank, kind in enumerate(ContainerKind)}
_PREFIXES = {ContainerKind.BAG: "BAG", ContainerKind.VOLUME: "VOL"}
"""Kinds that Paperproof numbers itself; people number the others."""


FILED = "filed"
"""Why something was moved, where nobody said anything else; earlier versions wrote the same word."""


@dataclass(frozen=True)
class Move:
    """One move of a container; ``into`` None: taken out of where it was, standing free."""

    into: str | None
    person: str
    at: datetime
    reason: str
    """``FILED``, or what somebody wrote."""

    @property
    def why(self) -> Message:
        """The reason in words."""
        if self.reason == FILED:
            return say("filed")
        return Message("{reason}", (("reason", self.reason),))


@dataclass(frozen=True)
class Container:
    """A room, cabinet, box, bag or volume."""

    number: str
    kind: ContainerKind
    branch: str
    title: str
    moves: tuple[Move, ...] = ()

    @property
    def inside(self) -> str | None:
        """Number of what it stands in; None while it was not placed."""
        return self.moves[-1].into if self.moves else None


Containers = Mapping[str, Container]
"""Number -> container."""


def path_of(number: str, containers: Containers) -> tuple[Container, ...]:
    """Give what a container stands in, the room first, itself last."""
    found: list[Container] = []
    at: str | None = number
    while at is not None:
        found.append(containers[at])
        at = containers[at].inside
    return tuple(reversed(found))


def may_move(what: Container, into: Container) -> None:
    """Raise UserError unless a container fits into another: of a larger kind, of the same branch."""
    if _RANKS[into.kind] >= _RANKS[what.kind]:
        raise UserError(
            say(
                "{what} ({kind}) does not go into {into} ({larger}).",
                what=what.number,
                kind=KINDS[what.kind],
                into=into.number,
                larger=KINDS[into.kind],
            )
        )
    if what.branch != into.branch:
        raise UserError(
            say(
                "{what} is of branch {branch}, {into} of branch {other}; papers change their branch by a "
                "hand-over only.",
                what=what.number,
                branch=what.branch,
                into=into.number,
                other=into.branch,
            )
        )


def numbered(kind: ContainerKind, count: int) -> str:
    """Return the number of the ``count``th bag or volume, BAG-000001."""
    return f"{_PREFIXES[kind]}-{count:06d}"


def checked_place(number: str) -> str:
    """Return the number that people give a place; raises UserError when it cannot be one."""
    taken = number.upper().startswith(tuple(f"{prefix}-" for prefix in _PREFIXES.values()))
    if taken or not _NUMBER.fullmatch(number):
        raise UserError(
            say(
                "“{number}” cannot be a place's number; use up to 24 letters, digits, . and -; BAG- and VOL- "
                "are given by Paperproof.",
                number=number,
            )
        )
    return number


def within(number: str, containers: Containers) -> Sequence[Container]:
    """Give the bags and volumes that stand in a container, itself if it is one, by number."""
    last = _RANKS[ContainerKind.BAG]
    return [
        one
        for _, one in sorted(containers.items())
        if _RANKS[one.kind] == last
        and number in (each.number for each in path_of(one.number, containers))
    ]

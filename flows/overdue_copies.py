"""What waits for people because copies went bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from flows.parts import Parts
from pipeline.clocks import Deadlines
from pipeline.duties import Duty
from pipeline.language import say
from pipeline.staff import Role

Clock = Callable[[date], Deadlines]


def without_a_good_copy(
    parts: Parts, day: date | None, branch: str | None, due: Clock
) -> Iterator[Duty]:
    """Pages whose every copy turned out to be bad: the paper is all that is left of them (CG-17.5d)."""
    for one in parts.catalog.verifications.lost():
        came = one.came
        if came is None or day not in (None, came.day) or branch not in (None, came.branch):
            continue
        yield Duty(
            kind="RESCAN",
            branch=came.branch,
            day=came.day,
            subject=came.name,
            what=say(
                "No good copy of {name} (batch {batch}) is left in the stores; scan its paper again, then "
                "say so with “paperproof storage settle {key}”.",
                name=came.name,
                batch=came.batch,
                key=one.key,
            ),
            role=Role.OPERATOR,
            person=came.operator,
            due=due(came.day).rectify_by(one.since),
        )


def to_be_fetched(parts: Parts, day: date | None, branch: str | None, due: Clock) -> Iterator[Duty]:
    """Pages that no store has whole any more, but a cold volume: its carrier must be brought."""
    for one in parts.catalog.verifications.in_volumes_only():
        came = one.came
        if came is None or day not in (None, came.day) or branch not in (None, came.branch):
            continue
        yield Duty(
            kind="FETCH",
            branch=came.branch,
            day=came.day,
            subject=came.name,
            what=say(
                "The only good copy of {name} (batch {batch}) is in the volume {volume}; fetch its carrier "
                "and run “paperproof storage verify --carrier FOLDER”.",
                name=came.name,
                batch=came.batch,
                volume=one.volume,
            ),
            role=Role.ARCHIVIST,
            person=None,
            due=due(came.day).rectify_by(one.since),
        )

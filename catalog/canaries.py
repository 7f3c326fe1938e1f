"""The runs of the canaries, each kept with what was planned and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, select

from catalog.log import append
from catalog.tables import canary_run
from pipeline.canaries import Outcome, counts
from pipeline.content import Content
from pipeline.language import Message, say

_OUTCOMES = Content(tuple[Outcome, ...])
_MESSAGE = Content(Message)


@dataclass(frozen=True)
class CanaryRun:
    """One run of the canaries."""

    day: date
    """Business day that they were made for."""
    outcomes: tuple[Outcome, ...]
    left_out: tuple[str, ...]
    """Canaries that the settings leave out."""
    fault: Message | None
    """Why the chain did not come to its end; None when it did."""
    at: datetime

    @property
    def green(self) -> bool:
        """Whether the chain came to its end and every canary came out as planned."""
        return (
            self.fault is None
            and bool(self.outcomes)
            and all(one.as_planned for one in self.outcomes)
        )

    def older_than(self, hours: int, now: datetime) -> bool:
        """Whether it was longer ago than so many hours."""
        return now - self.at > timedelta(hours=hours)


class Canaries:
    """Keeps every run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(
        self,
        day: date,
        outcomes: tuple[Outcome, ...],
        left_out: Sequence[str],
        fault: Message | None,
        who: str,
    ) -> CanaryRun:
        """Enter a run and what came of it."""
        run = CanaryRun(day, outcomes, tuple(left_out), fault, datetime.now(UTC))
        with self._engine.begin() as connection:
            last = connection.execute(select(func.max(canary_run.c.id))).scalar() or 0
            connection.execute(insert(canary_run).values(id=last + 1, **_row(run)))
            append(
                connection,
                who,
                "canary.run",
                day.isoformat(),
                green=run.green,
                counts=dict(counts(outcomes)),
                otherwise=[one.name for one in outcomes if not one.as_planned],
                left_out=list(left_out),
            )
        return run

    def last(self) -> CanaryRun | None:
        """Give the last run; None when they never ran."""
        query = select(canary_run).order_by(canary_run.c.id.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return CanaryRun(
            row.business_date,
            _OUTCOMES.load(row.outcomes),
            tuple(row.left_out),
            None if row.fault is None else _MESSAGE.load(row.fault),
            row.at,
        )


def _row(run: CanaryRun) -> dict[str, Any]:
    return {
        "business_date": run.day,
        "green": run.green,
        "counts": dict(counts(run.outcomes)),
        "outcomes": _OUTCOMES.dump(run.outcomes),
        "left_out": list(run.left_out),
        "fault": None if run.fault is None else _MESSAGE.dump(run.fault),
        "at": run.at,
    }


def told_at_closing(
    last: CanaryRun | None, *, within_hours: int, required: bool, now: datetime
) -> Message | None:
    """What closing a day must tell of the canaries; None when the last run was green and lately."""
    if last is None:
        return (
            say("The canaries never ran; run “paperproof canary run”: nothing proves the checks.")
            if required
            else None
        )
    if not last.green:
        return say(
            "The last run of the canaries was red; see “paperproof canary show” before you trust this day."
        )
    if last.older_than(within_hours, now):
        return say(
            "The canaries ran longer than {hours} hours ago; run “paperproof canary run”.",
            hours=within_hours,
        )
    return None

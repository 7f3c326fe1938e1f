"""Who reads which pages: chunks that wait, claimed for a time under a lease, with a fencing number.

A worker that dies renews nothing, so its chunk is free again when the lease ends. One that was only slow
may come back: each claim counts the chunk's fencing number up, and what is brought under an older number is
thrown away. So the clock decides when somebody else may try, never whose work counts (rule R9).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.language import say
from pipeline.unfit import Unfit


class LeaseRules(BaseModel):
    """How pages are shared out among workers: the settings ``[leases]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chunk_pages: int = Field(default=100, ge=20, le=200)
    """Pages in a chunk: a flow run for each costs about 0.2 s of processor, a page 0.3 to 5 s to read."""
    lease_seconds: int = Field(default=25, ge=2)
    """A chunk whose worker is silent for so long is another's: free or busy, it has it within a minute."""
    renew_seconds: int = Field(default=5, ge=1)

    @model_validator(mode="after")
    def _two_renewals_may_fail(self) -> LeaseRules:
        if self.renew_seconds * 2 > self.lease_seconds:
            raise Unfit(say("renew_seconds must be half of lease_seconds at most"))
        return self

    @property
    def lease(self) -> timedelta:
        """How long a claim holds unless it is renewed."""
        return timedelta(seconds=self.lease_seconds)


@dataclass(frozen=True)
class Worker:
    """Who claims: a name that tells host and process apart, and the version of its program's tables."""

    name: str
    version: str


@dataclass(frozen=True)
class Chunk:
    """Pages of one branch and day that one worker reads."""

    no: int
    day: date
    branch: str
    pages: tuple[str, ...]
    """By SHA-256."""
    fence: int = 0
    """Counts the claims; only who holds the latest may enter what was read."""
    worker: str | None = None
    version: str | None = None
    until: datetime | None = None
    """When the lease ends, by the database's clock; None: nobody has claimed it, or it was given back."""
    done_at: datetime | None = None
    late: int = 0
    """Readings that came under an older number and were thrown away."""

    def is_free(self, now: datetime) -> bool:
        """Whether somebody may claim it."""
        return self.done_at is None and (self.until is None or self.until <= now)

    def is_held(self, fence: int) -> bool:
        """Whether the claim with this fencing number is still the one that counts."""
        return self.done_at is None and self.fence == fence


def claimed(chunk: Chunk, worker: Worker, now: datetime, rules: LeaseRules) -> Chunk:
    """Give the chunk as it is once a worker has claimed it."""
    assert chunk.is_free(now)
    return replace(
        chunk,
        fence=chunk.fence + 1,
        worker=worker.name,
        version=worker.version,
        until=now + rules.lease,
    )


def renewed(chunk: Chunk, fence: int, now: datetime, rules: LeaseRules) -> Chunk | None:
    """Give the chunk with its lease renewed; None: the claim does not count any more.

    A lease that has ended may be renewed while nobody else has claimed: the work of the slow one stands.
    """
    return replace(chunk, until=now + rules.lease) if chunk.is_held(fence) else None


def given_back(chunk: Chunk, fence: int) -> Chunk | None:
    """Give the chunk as one that anybody may claim at once; None: the claim does not count any more."""
    return replace(chunk, until=None) if chunk.is_held(fence) else None


def finished(chunk: Chunk, fence: int, now: datetime) -> Chunk | None:
    """Give the chunk as done; None: the claim does not count any more."""
    return replace(chunk, done_at=now) if chunk.is_held(fence) else None


def in_chunks(pages: Sequence[str], at_most: int) -> Iterator[tuple[str, ...]]:
    """Part pages into chunks of nearly the same size, none greater than ``at_most``."""
    count = -(-len(pages) // at_most)
    for number in range(count):
        yield tuple(pages[len(pages) * number // count : len(pages) * (number + 1) // count])

"""What is to be registered with the flow server, held against what is registered there.

A deployment that is not wanted any more, a branch's that ended for one, is paused and told; never deleted,
for its runs are its history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flows.deploy_settings import DeploySettings

MODULE = "flows.scheduled"
"""Flows are named as modules: a file's path would put its folder on the module path."""


class Pool(StrEnum):
    """Roles of workers; a host may have several."""

    READING = "reading"
    """Reads pages: processors."""
    STORAGE = "storage"
    """Takes in, packs, sends, restores: the inboxes, the network to the stores, the cold volumes' disk."""
    NIGHT = "night"
    """Closes days and keeps the copies up: one worker of it, at one host."""


@dataclass(frozen=True)
class Deployment:
    """One flow that runs by a schedule."""

    flow: str
    """Name of the flow; with - for _ that of its function in ``MODULE``."""
    name: str
    pool: str
    cron: str
    parameters: Mapping[str, str]
    entrypoint: str

    @property
    def full_name(self) -> str:
        """As the server names it."""
        return f"{self.flow}/{self.name}"


@dataclass(frozen=True)
class Registered:
    """A deployment as the server has it."""

    is_as: Deployment
    retired: bool
    """Whether it was paused here because nobody wanted it any more."""
    paused: bool = False
    """Whether nothing of it is started now, by whomever it was paused."""


class State(StrEnum):
    """What becomes of a deployment."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    RETIRED = "retired"
    """Registered, wanted no more, and paused by this run."""


@dataclass(frozen=True)
class Change:
    """A deployment and what becomes of it."""

    deployment: Deployment
    state: State
    by_hand: bool = False
    """Somebody paused it at the server, and it stays so."""

    @property
    def paused(self) -> bool:
        """Whether nothing of it is to be started."""
        return self.by_hand or self.state is State.RETIRED


def wanted(settings: DeploySettings, branches: Sequence[str]) -> tuple[Deployment, ...]:
    """Give what is to be registered for the branches that there are."""
    return tuple(_wanted(settings, branches))


def _wanted(settings: DeploySettings, branches: Sequence[str]) -> Iterator[Deployment]:
    for branch in sorted(branches):
        yield _one("take-in", branch, Pool.STORAGE, settings.take_in, branch=branch)
    for number in range(1, settings.reading_runs + 1):
        yield _one("read", f"{number:03d}", Pool.READING, settings.read)
    yield _one("close", "nightly", Pool.NIGHT, settings.close)
    yield _one("upkeep", "nightly", Pool.NIGHT, settings.upkeep)
    yield _one("pack", "nightly", Pool.STORAGE, settings.pack)
    yield _one("drill", "monthly", Pool.STORAGE, settings.drill)
    yield _one("upload", "daily", Pool.STORAGE, settings.upload)


def _one(flow: str, name: str, pool: Pool, cron: str, **parameters: str) -> Deployment:
    entrypoint = f"{MODULE}.{flow.replace('-', '_')}"
    return Deployment(flow, name, pool.value, cron, parameters, entrypoint)


def compare(wants: Sequence[Deployment], found: Sequence[Registered]) -> tuple[Change, ...]:
    """Hold what is wanted against what is registered, in the order of the former, then what is too many."""
    there = {one.is_as.full_name: one for one in found}
    changes = [_change(one, there.get(one.full_name)) for one in wants]
    names = {one.full_name for one in wants}
    too_many = (one.is_as for one in found if not one.retired and one.is_as.full_name not in names)
    ended = sorted(too_many, key=lambda one: one.full_name)
    return (*changes, *(Change(one, State.RETIRED) for one in ended))


def _change(one: Deployment, found: Registered | None) -> Change:
    if found is None:
        return Change(one, State.NEW)
    same = found.is_as == one and not found.retired
    by_hand = found.paused and not found.retired
    return Change(one, State.UNCHANGED if same else State.CHANGED, by_hand)

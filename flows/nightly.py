"""The nightly jobs as Prefect flows: one task a branch; the catalog, not Prefect, knows what is done.

Importing this module imports Prefect, which takes seconds; ``flows.flow_engine`` goes first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.close_day import Closing, close_branch
from flows.page_texts import TextMaking, TextsMade, make_branch_texts
from flows.progress import Progress
from flows.restore import Drilling, Restored, begin, rebuild_catalog, restore_objects, timed
from pipeline.balance import BranchDay
from pipeline.errors import PaperproofError

T = TypeVar("T")


def close_day(
    closing: Closing, day: date, branches: tuple[str, ...], progress: Progress
) -> tuple[BranchDay, ...]:
    """Close the day of several branches; see ``_for_each``."""
    return _for_each(
        branches, "close", day, lambda branch: close_branch(closing, day, branch, progress)
    )


def make_texts(
    making: TextMaking, day: date, branches: tuple[str, ...], progress: Progress
) -> tuple[TextsMade, ...]:
    """Make the whole texts of several branches' closed day; see ``_for_each``."""
    return _for_each(
        branches, "text", day, lambda branch: make_branch_texts(making, day, branch, progress)
    )


def restore_drill(drill: Drilling) -> Restored:
    """Restore everything into the drill's empty place and compare: two tasks, one after the other."""
    restored = begin(drill)

    @task(name="restore-objects", cache_policy=NO_CACHE)
    def objects() -> None:
        timed(restored, lambda: restore_objects(drill, restored))

    @task(name="rebuild-catalog", cache_policy=NO_CACHE)
    def catalog() -> None:
        timed(restored, lambda: rebuild_catalog(drill, restored))

    @flow(name="restore-drill", persist_result=False)
    def drilling() -> None:
        objects()
        catalog()

    drilling()
    return restored


def _for_each(
    branches: tuple[str, ...], name: str, day: date, act: Callable[[str], T]
) -> tuple[T, ...]:
    """Do one act for several branches; one branch's fault does not keep the others from it.

    Raises the first branch's error after all were tried.
    """
    # The parts (connections, processes) cannot travel through Prefect: the tasks close over them.
    faults: list[PaperproofError] = []

    @task(name=f"{name}-branch", task_run_name=f"{name} {{branch}}", cache_policy=NO_CACHE)
    def one(branch: str) -> T | None:
        try:
            return act(branch)
        except PaperproofError as error:
            faults.append(error)
            return None

    @flow(name=f"{name}-day", flow_run_name=f"{name} {day.isoformat()}", persist_result=False)
    def nightly() -> list[T | None]:
        return [one(branch) for branch in branches]

    results = tuple(result for result in nightly() if result is not None)
    if faults:
        raise faults[0]
    return results

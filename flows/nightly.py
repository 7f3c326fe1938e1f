"""The nightly job as a Prefect flow: one task a branch; the catalog, not Prefect, knows what is done.

Importing this module imports Prefect, which takes seconds; ``flows.settings.quiet_prefect`` goes first.
"""

from __future__ import annotations

from datetime import date

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.close_day import Closing, close_branch
from flows.progress import Progress
from pipeline.balance import BranchDay
from pipeline.errors import PaperproofError


def close_day(
    closing: Closing, day: date, branches: tuple[str, ...], progress: Progress
) -> tuple[BranchDay, ...]:
    """Close the day of several branches; one branch's fault does not keep the others open.

    Raises the first branch's error after all were tried.
    """
    # The parts (connections, processes) cannot travel through Prefect: the tasks close over them.
    faults: list[PaperproofError] = []

    @task(name="close-branch", task_run_name="close {branch}", cache_policy=NO_CACHE)
    def close_one(branch: str) -> BranchDay | None:
        try:
            return close_branch(closing, day, branch, progress)
        except PaperproofError as error:
            faults.append(error)
            return None

    @flow(name="close-day", flow_run_name=f"close {day.isoformat()}", persist_result=False)
    def nightly() -> list[BranchDay | None]:
        return [close_one(branch) for branch in branches]

    results = tuple(result for result in nightly() if result is not None)
    if faults:
        raise faults[0]
    return results

"""Capture tasks over a branch and day: made from its stream, captured from its matching."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from flows.parts import Parts
from pipeline.balance import CatalogedPage
from pipeline.digital import delivered
from pipeline.matching import Matching
from pipeline.model import Transaction
from pipeline.profile import Profile
from pipeline.tasks.day import DayTasks
from pipeline.tasks.joining import Customers, with_customer_papers, with_further_papers
from pipeline.tasks.laying import Laid, Papers, captured, lay
from pipeline.tasks.planning import Planned, due, planned, undefined
from pipeline.tasks.sharing import customer_of, shareable, shared
from pipeline.tasks.states import CaptureTask, TaskState
from pipeline.vouchers import leaders


def make_tasks(parts: Parts, day: date, branch: str, who: str) -> tuple[CaptureTask, ...]:
    """Bring a branch and day's tasks to what its stream asks for; give all of them.

    May be run again: what is there stays as it is.
    """
    rows = parts.catalog.streams.of_day(day, branch)
    wanted = tuple(due(rows, parts.profile_on(day)))
    serials = frozenset(row.serial_no for row in rows)

    def plan(tasks: Iterable[CaptureTask]) -> Iterable[Planned]:
        return planned(tasks, wanted, serials)

    return parts.catalog.tasks.settle(day, branch, plan, "task.make", who)


def capture_tasks(
    parts: Parts,
    day: date,
    branch: str,
    pages: Sequence[CatalogedPage],
    matching: Matching,
    who: str,
) -> DayTasks:
    """Lay the matched ones of the ``pages`` in hand on a branch and day's tasks, share what is captured.

    Gives the tasks, and what fits none of them.
    """
    tasks = parts.catalog.tasks.of_day(day, branch)
    rows = parts.catalog.streams.of_day(day, branch)
    operators = parts.catalog.pages.operators_of_day(day, branch)
    profile = parts.profile_on(day)
    laid = _laid(profile, rows, pages, matching, tasks)

    def plan(standing: Iterable[CaptureTask]) -> Iterable[Planned]:
        return captured(standing, laid, operators)

    tasks = parts.catalog.tasks.settle(day, branch, plan, "task.capture", who)
    tasks = lay_packages(parts, day, branch, who) or tasks
    return DayTasks(
        tasks=_share(parts, day, branch, rows, tasks, who),
        wrong=laid.wrong,
        undefined=undefined([row for row in rows if row.expects_paper], profile),
        types=profile.types,
    )


def lay_packages(parts: Parts, day: date, branch: str, who: str) -> tuple[CaptureTask, ...]:
    """Let a branch and day's born-digital packages satisfy its electronic tasks (CG-13c).

    Gives all tasks; none where there is no package. May be run again without effect.
    """
    packages = [one.package for one in parts.catalog.digital.of_day(day, branch)]
    if not packages:
        return ()

    def plan(standing: Iterable[CaptureTask]) -> Iterable[Planned]:
        return delivered(standing, packages)

    return parts.catalog.tasks.settle(day, branch, plan, "task.deliver", who)


def _share(
    parts: Parts,
    day: date,
    branch: str,
    rows: Sequence[Transaction],
    tasks: tuple[CaptureTask, ...],
    who: str,
) -> tuple[CaptureTask, ...]:
    """Let earlier papers of the same customers serve the tasks that wait and allow it."""
    by_serial, profile = {row.serial_no: row for row in rows}, parts.profile_on(day)
    waiting = [one for one in tasks if shareable(one, profile)]
    sources = parts.catalog.tasks.sources(
        {customer_of(by_serial[one.serial_no]) for one in waiting if one.serial_no in by_serial},
        {one.document_type for one in waiting},
        day,
    )
    known = parts.catalog.customers.of_numbers({source.customer[0] for source in sources})
    cards_until = {
        (one.number, one.id_no): one.id_valid_until for one in known.values() if one.id_valid_until
    }

    def plan(standing: Iterable[CaptureTask]) -> Iterable[Planned]:
        return shared(standing, by_serial, sources, profile, cards_until)

    return parts.catalog.tasks.settle(day, branch, plan, "task.share", who)


def with_all_papers(
    parts: Parts, day: date, branch: str, matching: Matching, apart: Sequence[CatalogedPage]
) -> Matching:
    """Return the matching with each transaction's further papers, and its customer's that stood apart."""
    tasks = parts.catalog.tasks.of_day(day, branch)
    standing = [one for one in tasks if one.state is not TaskState.VOID]
    customers = Customers(
        rows=parts.catalog.streams.of_day(day, branch),
        asked={(one.serial_no, one.document_type) for one in standing},
        fresh={(one.serial_no, one.document_type) for one in standing if one.standing.fresh},
        profile=parts.profile_on(day),
    )
    readings = parts.catalog.readings.of_pages([one.page_id for one in apart])
    identity = {page: read.identity.text for page, read in readings.items() if read.identity}
    return with_customer_papers(with_further_papers(matching), apart, customers, identity)


def _laid(
    profile: Profile,
    rows: Iterable[Transaction],
    pages: Sequence[CatalogedPage],
    matching: Matching,
    tasks: Sequence[CaptureTask],
) -> Laid:
    principal = {
        row.serial_no: asked[1].required[0]
        for row in rows
        if (asked := profile.tasks_in_force(row.business_code, row.business_date))
    }
    return lay(matching.matches, tasks, Papers(profile, principal, leaders(pages)))

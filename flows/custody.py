"""The papers that a check of a branch expects, and what checks leave to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from functools import cache

from flows.parts import Parts
from pipeline.archive import Line
from pipeline.clocks import ZONE, Due
from pipeline.custody import DIFFERENCES, CheckKind, DifferenceKind, Expected, drawn
from pipeline.duties import Duty
from pipeline.language import say
from pipeline.rectification import Step
from pipeline.shelved_papers import shelved
from pipeline.staff import Role
from pipeline.transfer import ShelvedPaper


def papers_of(parts: Parts, branch: str) -> tuple[Expected, ...]:
    """Give every paper that a branch must have in store by the book, by customer number.

    A branch keeps what it received, whoever's customer it is, until papers change their branch.
    """

    @cache
    def imaged(day: date, of_branch: str) -> dict[str, int]:
        results = parts.catalog.days.results(day, of_branch)
        return {match.serial_no: len(match.pages) for one in results for match in one.matches}

    here = {one.name for one in _shelved(parts) if one.custody == branch}
    return tuple(
        Expected(line.entry, line.binding, line.pages, _imaged(line, imaged(line.day, line.branch)))
        for archive in parts.catalog.archives.all()
        for line in archive.in_store
        if (archive.customer_no, line.number) in here
    )


def _shelved(parts: Parts) -> tuple[ShelvedPaper, ...]:
    catalog = parts.catalog
    merged = catalog.branches.successions()
    return shelved(catalog.archives.all(), catalog.transfers.all(), merged)


def _imaged(line: Line, matched: dict[str, int]) -> int | None:
    return None if line.serial_no is None else matched.get(line.serial_no, 0)


def to_expect(parts: Parts, branch: str, kind: CheckKind, no: int) -> tuple[Expected, ...]:
    """Give the expected list of check ``no``: all papers of a branch, or the drawn ones."""
    papers = papers_of(parts, branch)
    return papers if kind is CheckKind.FULL else drawn(papers, no, parts.settings.custody)


def to_be_rectified(parts: Parts, day: date | None, branch: str | None) -> Iterator[Duty]:
    """Give what is to be put right and to be looked at again, as duties."""
    for task in parts.catalog.rectifications.all(branch):
        made = task.due.astimezone(ZONE).date()
        if task.state is Step.CLOSED or day not in (None, made):
            continue
        looks = task.state is Step.DONE
        told = DIFFERENCES[DifferenceKind(task.kind)]
        yield Duty(
            kind="RECTIFY",
            branch=task.branch,
            day=made,
            subject=str(task.no),
            what=say(
                "Put right, waits for the closing check: {entry} {what}",
                entry=task.entry,
                what=told,
            )
            if looks
            else say("{entry} {what}", entry=task.entry, what=told),
            role=Role.ARCHIVIST,
            person=None if looks else task.owner,
            due=Due(task.due),
        )


def to_be_checked(parts: Parts, day: date | None, branch: str | None) -> Iterator[Duty]:
    """Give the branches whose whole store is to be checked this year (RC-07)."""
    today = datetime.now(ZONE).date()
    if day not in (None, today):
        return
    due = _end_of(today.year, parts.settings.custody.full_month)
    papers = _shelved(parts)
    branches = {one.custody for one in papers}
    done = {
        one.branch
        for one in parts.catalog.custody.all()
        if one.kind is CheckKind.FULL
        and one.signed_at is not None
        and one.signed_at.astimezone(ZONE).year == today.year
    }
    for one in sorted(branches - done):
        if branch in (None, one) and _began_before(parts, papers, one, today.year):
            yield Duty(
                kind="CUSTODY_CHECK",
                branch=one,
                day=today,
                subject=str(today.year),
                what=say(
                    "The whole store is to be checked this year; “paperproof archive check start --branch "
                    "{branch} --full”.",
                    branch=one,
                ),
                role=Role.ARCHIVIST,
                person=None,
                due=Due(due),
            )


def _began_before(parts: Parts, papers: Iterable[ShelvedPaper], branch: str, year: int) -> bool:
    """Whether a branch had papers before a year began: in its first year nothing is to be looked back at."""
    here = {one.name for one in papers if one.custody == branch}
    return any(
        (archive.customer_no, line.number) in here and line.at.astimezone(ZONE).year < year
        for archive in parts.catalog.archives.all()
        for line in archive.in_store
    )


def _end_of(year: int, month: int) -> datetime:
    following = date(year + month // 12, month % 12 + 1, 1)
    return datetime.combine(following, time(), ZONE)

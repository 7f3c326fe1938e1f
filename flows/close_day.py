"""The closing of a branch's day: read what is unread, match, confirm, reconcile, keep the proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from catalog.days import as_json
from catalog.keying import tasks_as_json
from catalog.reconciliation import reconcile
from catalog.tasks import tasks_as_text
from flows.archives import open_archives
from flows.capture import capture_tasks, make_tasks
from flows.debts import pay_debts
from flows.in_hand import in_hand, matched, must_be_in, pages_in_hand
from flows.judging import judge_read_pages
from flows.keying import ask_people
from flows.packing import PackedVolumes, Packing, pack
from flows.parts import Parts
from flows.progress import Progress
from flows.reading_pool import ReadingPool
from flows.reading_work import ReadingWork, read_chunks, this_worker
from flows.spool import sweep_spool
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.balance import BranchDay, FieldEvidence, Match
from pipeline.calendar import TradingCalendar
from pipeline.confirmation import settle
from pipeline.errors import PaperproofError, UserError
from pipeline.events import timed
from pipeline.evidence import DIFFERS, NEAR
from pipeline.keying.overlay import KEYED
from pipeline.language import Message, say
from pipeline.matching import Matching
from pipeline.model import FieldName, FieldValue
from pipeline.recognition import causes, figures
from pipeline.tasks.day import DayTasks
from pipeline.tasks.states import BY_PEOPLE
from storage.store import NoteKind


@dataclass(frozen=True)
class Closing:
    """The surroundings of one run of closing."""

    parts: Parts
    stores: Stores
    readers: Callable[[], ReadingPool]
    """Gives the reading processes, started at first need."""
    calendar: TradingCalendar
    who: str
    opener: Opener
    packed: list[PackedVolumes] = field(default_factory=list)
    """What packing gave after each branch, to be told."""
    note: Callable[[Message], None] = lambda _: None
    """Says what is waited for."""


def branches_to_close(parts: Parts, day: date, branch: str | None) -> tuple[str, ...]:
    """Give the branches whose day is to be closed; raises UserError when there is nothing to close."""
    streams = parts.catalog.streams.branches_of_day(day)
    scanned = parts.catalog.pages.branches_of_day(day)
    wanted = (branch,) if branch is not None else tuple(sorted({*streams, *scanned}))
    without = [one for one in wanted if one not in streams]
    if not wanted:
        must_be_in(parts, day)
    if without:
        raise UserError(
            say(
                "No transaction stream of {day} is in for branch {branch}; import it with "
                "“paperproof stream import FILE --day {day}”, then close the day.",
                day=day,
                branch=", ".join(without),
            )
        )
    return wanted


def close_branch(closing: Closing, day: date, branch: str, progress: Progress) -> BranchDay:
    """Close one branch's day; may be run again, and gives the same result while nothing new came."""
    with timed("day.closed", branch=branch, day=day) as told:
        result = _close_branch(closing, day, branch, progress)
        told.update(
            closed=result.closed,
            matched=result.counts.get("matched"),
            discrepancies=len(result.discrepancies),
        )
    return result


def _close_branch(closing: Closing, day: date, branch: str, progress: Progress) -> BranchDay:
    pay_debts(closing.parts, closing.stores.vault)
    read_pending(closing, day, branch, progress)
    _judge(closing, day, branch)
    parts, who = closing.parts, closing.who
    seen = parts.catalog.days.seen(day, branch)
    ask_people(parts, day, branch, who)
    make_tasks(parts, day, branch, who)
    pages = pages_in_hand(parts, day, branch)
    matching = matched(
        parts, day, branch, pages, lambda found: _confirmed(closing, found, progress)
    )
    papers = capture_tasks(parts, day, branch, pages, matching, who)
    result = reconcile(replace(in_hand(parts, day, branch, pages, matching), papers=papers))
    _keep(closing, result, seen)
    _keep_keying(closing, day, branch)
    _keep_tasks(closing, papers)
    _pack(closing, progress)
    sweep_spool(closing.parts)
    return result


def _pack(closing: Closing, progress: Progress) -> None:
    """Pack what is due; the day is closed, whatever comes of it."""
    try:
        done = pack(Packing(closing.parts, closing.stores, closing.who, progress))
    except PaperproofError as error:
        why = say("No cold volume could be made after closing: {why}", why=error.message)
        done = PackedVolumes([], 0, [why])
    closing.packed.append(done)


def read_pending(closing: Closing, day: date, branch: str, progress: Progress) -> None:
    """Have the unread pages read, those on which a reader failed once more; other workers may help."""
    parts = closing.parts
    parts.catalog.claims.queue(day, branch, parts.settings.leases)
    work = ReadingWork(
        *(parts, closing.stores.vault, closing.readers, this_worker(), progress), closing.note
    )
    read_chunks(work, day, branch)


def _judge(closing: Closing, day: date, branch: str) -> None:
    """Judge the read pages that were not judged when they were taken in."""
    parts, vault = closing.parts, closing.stores.vault
    for _ in judge_read_pages(parts, vault, closing.opener, day, branch, closing.who):
        pass


def _confirmed(closing: Closing, matching: Matching, progress: Progress) -> Matching:
    """Have every field that seems to differ read a second time before it is called a mismatch."""
    doubtful = [m for m in matching.matches if any(map(_to_be_confirmed, m.evidence))]
    progress.total(len(doubtful))
    settled = {}
    for match in doubtful:
        settled[match.serial_no] = settle(match, _second_readings(closing, match))
        progress.step(say("confirmed {name}", name=match.serial_no))
    return replace(matching, matches=tuple(settled.get(m.serial_no, m) for m in matching.matches))


def _to_be_confirmed(part: FieldEvidence) -> bool:
    """Whether a field seems to differ and no person has said what stands there."""
    return part.verdict in (NEAR, DIFFERS) and part.source != KEYED


def _second_readings(closing: Closing, match: Match) -> dict[FieldName, FieldValue | None]:
    """Read the differing fields of a match again, or recall what that gave."""
    readings = closing.parts.catalog.readings
    found = {}
    for part in match.evidence:
        if not _to_be_confirmed(part):
            continue
        page = next(p for p in match.pages if p.fields.get(part.field))
        known, second = readings.second(page.page_id, part.field)
        if not known:
            content = closing.stores.vault.read_good(page.page_id)
            if content is None:  # nothing was tried, so nothing is kept: its copy may come back
                continue
            second = closing.readers().read_again(content, page.fields[part.field])
            readings.keep_second(page.page_id, part.field, second)
        found[part.field] = second
    return found


def _keep(closing: Closing, result: BranchDay, seen: int) -> None:
    """Keep the decisions as an object first, then in the catalog (rule R4)."""
    content = json.dumps(as_json(result), ensure_ascii=False, sort_keys=True).encode()
    kept = closing.stores.vault.keep_note(NoteKind.DECISION, content)
    closing.parts.catalog.days.keep(result, kept.key, closing.who, seen)
    open_archives(closing.parts, result, closing.who)
    handled = closing.parts.catalog.recognition.handled(result.day, result.day, result.branch)
    closing.parts.catalog.monitor.keep_recognised(
        result.day, result.branch, figures(handled), dict(causes(handled))
    )


def _keep_keying(closing: Closing, day: date, branch: str) -> None:
    """Keep what people keyed, act by act, as an object too: nothing can read it again (rule R4)."""
    tasks = closing.parts.catalog.keying.tasks(day, branch)
    if any(task.acts for task in tasks):
        content = json.dumps(tasks_as_json(tasks), ensure_ascii=False, sort_keys=True).encode()
        closing.stores.vault.keep_note(NoteKind.KEYING, content)


def _keep_tasks(closing: Closing, papers: DayTasks) -> None:
    """Keep the tasks to which people did something as an object too: no stream tells it again (rule R4)."""
    touched = tuple(one for one in papers.tasks if any(a.kind in BY_PEOPLE for a in one.acts))
    if touched:
        closing.stores.vault.keep_note(NoteKind.TASKS, tasks_as_text(touched).encode())

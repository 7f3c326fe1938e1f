"""Review: a second person passes or rejects what was captured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from flows.commands.opened import opened
from flows.commands.reasons import parsed_reason
from flows.commands.review_work import ReviewDesk
from flows.commands.session import Session, checked_branch, parsed_day
from flows.commands.tasks import BRANCH, DAY
from flows.commands.tasks_by_hand import task_name, tell_act
from flows.parts import Parts
from flows.pictures import Pictures
from flows.review import Review
from pipeline.clocks import deadlines
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.tasks.review import RejectReason
from pipeline.tasks.states import CaptureTask, TaskState

_AS = typer.Option(None, "--as", metavar="NAME", help="Who reviews (this account).")
_TASK = typer.Argument(
    metavar="SERIAL/TYPE", help="The task, or a serial number for all of its tasks."
)
_OF_DAY = typer.Option(None, "--day", help="Business date (today).")
_OF_BRANCH = typer.Option(None, "--branch", help="Branch, where serial numbers repeat.")


def add_commands(app: typer.Typer) -> None:
    """Add review list, work, pass, reject and undo."""
    review = typer.Typer(
        help="Review of what was captured, by a second person.", no_args_is_help=True
    )
    review.command("list")(list_waiting)
    review.command("work")(work)
    review.command("pass")(pass_)
    review.command("reject")(reject)
    review.command("undo")(undo)
    app.add_typer(review, name="review")


def list_waiting(
    context: typer.Context, day: str = DAY, branch: str = BRANCH, name: str = _AS
) -> None:
    """List what waits for this person's review, and until when it is due."""
    session: Session = context.obj
    who, on = session.acting(name), parsed_day(day)
    at = checked_branch(branch) if branch is not None else None
    with opened(session) as (parts, _):
        if at is not None:
            parts.catalog.branches.must_be_known(at)
        waiting = Review(parts, who).waiting(on, at)
        captured = parts.catalog.tasks.of_day(on, at, states=(TaskState.CAPTURED,))
        due = deadlines(on, parts.settings.sla, parts.calendar).review_by
        types = parts.profile_on(on).types
    lang = session.terminal.lang
    if waiting:
        session.terminal.table(
            say("To be reviewed by {name}, until {due}", name=who, due=str(due)),
            [say("Branch"), say("Task"), say("Type"), say("Captured by"), say("Pages")],
            [
                [
                    task.branch,
                    task.name,
                    types[task.document_type].name.in_language(lang)
                    if task.document_type in types
                    else task.document_type,
                    ", ".join(sorted({p.operator for p in task.standing.pages})) or "–",
                    ", ".join(page.name for page in task.standing.pages)
                    or say("shared").in_language(lang),
                ]
                for task in waiting
            ],
        )
    session.terminal.tell(
        say(
            "{count} tasks wait for {name} to be reviewed, {others} for somebody else.",
            count=len(waiting),
            name=who,
            others=len(captured) - len(waiting),
        )
    )


def work(context: typer.Context, day: str = DAY, branch: str = BRANCH, name: str = _AS) -> None:
    """Review task after task at the terminal, from pictures of the pages."""
    session: Session = context.obj
    who, on = session.acting(name), parsed_day(day)
    at = checked_branch(branch) if branch is not None else None
    with opened(session) as (parts, at_need):
        review = Review(parts, who)
        booked = {
            (row.handling_branch, row.serial_no): row
            for row in parts.catalog.streams.of_day(on, at)
        }
        desk = ReviewDesk(session.terminal, review, Pictures(parts, at_need).large, booked)
        desk.work(review.waiting(on, at))


def pass_(
    context: typer.Context,
    task: str = _TASK,
    day: str = _OF_DAY,
    branch: str = _OF_BRANCH,
    name: str = _AS,
) -> None:
    """Pass a task, or all that waits of a transaction."""
    with _review(context, name) as (parts, review, session):
        for one in _named(parts, task, day, branch, review):
            tell_act(session.terminal, review.pass_(one))


def reject(
    context: typer.Context,
    task: str = typer.Argument(metavar="SERIAL/TYPE", help="The task."),
    reason: str = typer.Option(..., "--reason", help=f"{', '.join(RejectReason)}."),
    note: str = typer.Option("", "--note", help="What the scan operator should know."),
    day: str = _OF_DAY,
    branch: str = _OF_BRANCH,
    name: str = _AS,
) -> None:
    """Reject a task's pages: they count as refused, and the task waits for a new scan."""
    why = parsed_reason(reason, RejectReason)
    with _review(context, name) as (parts, review, session):
        for one in _named(parts, task, day, branch, None):
            tell_act(session.terminal, review.reject(one, why, note))


def undo(
    context: typer.Context,
    task: str = typer.Argument(metavar="SERIAL/TYPE", help="The task."),
    day: str = _OF_DAY,
    branch: str = _OF_BRANCH,
    name: str = _AS,
) -> None:
    """Take one's own review of a task back, as long as nothing was done to it since."""
    with _review(context, name) as (parts, review, session):
        for one in _named(parts, task, day, branch, None):
            tell_act(session.terminal, review.take_back(one))


@contextmanager
def _review(context: typer.Context, name: str | None) -> Iterator[tuple[Parts, Review, Session]]:
    session: Session = context.obj
    who = session.acting(name)
    with opened(session) as (parts, _):
        yield parts, Review(parts, who), session


def _named(
    parts: Parts, told: str, day: str | None, branch: str | None, review: Review | None
) -> tuple[CaptureTask, ...]:
    """Give the task named; of a serial number alone, what waits for this person's review."""
    on = parsed_day(day) if day is not None else None
    if "/" in told or review is None:
        return (parts.catalog.tasks.named(*task_name(told), on, branch),)
    waiting = review.waiting(parsed_day(day), branch)
    found = tuple(task for task in waiting if task.serial_no == told)
    if not found:
        raise UserError(
            say(
                "No task of {serial} waits for {name} to be reviewed on {day}; see “paperproof task list”.",
                serial=told,
                name=review.person,
                day=parsed_day(day),
            )
        )
    return found

"""Checking papers against book and image, and putting right what differs."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch, said
from flows.custody import to_expect
from flows.parts import Parts
from flows.terminal import Terminal, moment
from pipeline.access.acts import Act
from pipeline.clocks import ZONE, deadlines
from pipeline.custody import DIFFERENCES, Check, CheckKind, DifferenceKind, result_of
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.rectification import STATES, Step
from pipeline.staff import checked_person

_NO = typer.Argument(metavar="NO", help="The check's number.")
_TASK = typer.Argument(metavar="TASK", help="The task's number.")
_BRANCH = typer.Option(None, "--branch", help="One branch (all).")
_BY = typer.Option(None, "--as", metavar="NAME", help="The archivist (this account).")
_DIFFERS = 3


def add_to(group: typer.Typer) -> None:
    """Add archive check and archive task."""
    check = typer.Typer(help="Papers held against book and image.", no_args_is_help=True)
    check.command("start")(start)
    check.command("found")(found)
    check.command("finish")(finish)
    check.command("show")(show)
    check.command("list")(list_checks)
    group.add_typer(check, name="check")
    task = typer.Typer(help="What checks left to be put right.", no_args_is_help=True)
    task.command("list")(list_tasks)
    task.command("done")(done)
    task.command("close")(close)
    task.command("reopen")(reopen)
    group.add_typer(task, name="task")


def start(
    context: typer.Context,
    branch: str = typer.Option(..., "--branch", help="Branch whose papers are checked."),
    full: bool = typer.Option(False, "--full", help="All papers, as each January (a sample)."),
    by: str = _BY,
) -> None:
    """Start a check: draws the sample, or takes all, and lists what must be found."""
    session: Session = context.obj
    who, at = session.acting(by), checked_branch(branch)
    kind = CheckKind.FULL if full else CheckKind.SAMPLE
    with session.open_parts() as parts:
        parts.catalog.branches.must_be_known(at)
        Guard.at_word(parts, who).require(Act.ARCHIVE_FILE, at)
        expected = partial(to_expect, parts, at, kind)
        check = parts.catalog.custody.start(at, kind, expected, who)
    _tell_list(session.terminal, check)


def _tell_list(terminal: Terminal, check: Check) -> None:
    terminal.table(
        say("Check {no} of branch {branch}", no=check.no, branch=check.branch),
        (say("Entry number"), say("Kept in"), say("Page count"), say("Imaged"), say("Found")),
        [
            (
                one.entry,
                one.binding,
                str(one.pages),
                "–" if one.imaged is None else str(one.imaged),
                str(check.found.get(one.entry, "–")),
            )
            for one in check.expected
        ],
    )
    if check.result is None:
        return
    for one in check.result.differences:
        terminal.tell(
            say(
                "{entry} {what}: expected {expected}, found {found}",
                entry=one.entry,
                what=DIFFERENCES[one.kind],
                expected=one.expected,
                found=one.found,
            )
        )
    terminal.tell(
        say(
            "{found} of {expected} papers as expected, {linked} of {vouchers} vouchers with their image: "
            "{verdict}. Signed by {person} at {at}, digest {digest}.",
            found=check.result.found,
            expected=check.result.expected,
            linked=check.result.linked,
            vouchers=check.result.vouchers,
            verdict=say("passed") if check.result.passed else say("NOT passed"),
            person=check.signed_by,
            at=moment(check.signed_at),
            digest=check.digest,
        )
    )


def found(
    context: typer.Context,
    no: int = _NO,
    counts: list[str] = typer.Argument(metavar="ENTRY=PAGES", help="What was counted."),
    by: str = _BY,
) -> None:
    """Enter what was found: each entry with the pages counted; a later count of an entry holds."""
    session: Session = context.obj
    who, pages = session.acting(by), dict(counted(one) for one in counts)
    with session.open_parts() as parts:
        _archivist(parts, no, who)
        check = parts.catalog.custody.count(no, pages, who)
    session.terminal.tell(
        say(
            "{found} of {expected} papers of check {no} are counted.",
            found=sum(one.entry in check.found for one in check.expected),
            expected=len(check.expected),
            no=no,
        )
    )


def counted(told: str) -> tuple[str, int]:
    """Return entry number and pages of “ENTRY=PAGES”; raises UserError for anything else."""
    entry, _, pages = told.rpartition("=")
    if not (entry and len(entry) <= 96 and entry.isprintable()) or not (
        pages.isascii() and pages.isdigit() and len(pages) <= 5
    ):
        raise UserError(say("“{text}” is not understood; write ENTRY=PAGES.", text=told))
    return entry, int(pages)


def _archivist(parts: Parts, no: int, who: str) -> None:
    check = parts.catalog.custody.one(no)
    Guard.at_word(parts, who).require(Act.ARCHIVE_FILE, check.branch)


def finish(
    context: typer.Context,
    no: int = _NO,
    owner: str = typer.Option(None, "--owner", help="Who puts right what differs (who finishes)."),
    by: str = _BY,
) -> None:
    """Sign the result: what was not counted is missing, each difference a task. Code 3: it differs."""
    session: Session = context.obj
    who = session.acting(by)
    with session.open_parts() as parts:
        _archivist(parts, no, who)
        now = datetime.now(ZONE)
        due = deadlines(now.date(), parts.settings.sla, parts.calendar).rectify_by(now).before
        judge = partial(result_of, rules=parts.settings.custody)
        check = parts.catalog.custody.finish(
            no, judge, checked_person(owner) if owner else who, due, who
        )
    _tell_list(session.terminal, check)
    if check.result is not None and not check.result.passed and check.kind is CheckKind.SAMPLE:
        session.terminal.tell(
            say(
                "The sample did not pass: check all with “paperproof archive check start --branch {branch} "
                "--full”.",
                branch=check.branch,
            )
        )
    if check.result is not None and check.result.differences:
        raise typer.Exit(_DIFFERS)


def show(context: typer.Context, no: int = _NO, by: str = _BY) -> None:
    """Show a check: expected and found, differences, and who signed what came of it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        check = parts.catalog.custody.one(no)
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, check.branch)
    _tell_list(session.terminal, check)


def list_checks(context: typer.Context, branch: str = _BRANCH, by: str = _BY) -> None:
    """List checks, and how each came out."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, at)
        checks = parts.catalog.custody.all(at)
    lang = session.terminal.lang
    kinds = {CheckKind.FULL: say("all papers"), CheckKind.SAMPLE: say("sample")}
    session.terminal.table(
        say("Checks of papers"),
        (say("No."), say("Branch"), say("Type"), say("Started"), say("As expected"), say("Signed")),
        [
            (
                str(one.no),
                one.branch,
                kinds[one.kind].in_language(lang),
                moment(one.at),
                f"{one.result.found} / {one.result.expected}" if one.result else "–",
                f"{one.signed_by} {moment(one.signed_at)}" if one.result else "–",
            )
            for one in checks
        ],
    )


def list_tasks(context: typer.Context, branch: str = _BRANCH, by: str = _BY) -> None:
    """List what is to be put right: owner, until when, how it stands, evidence."""
    session: Session = context.obj
    at = None if branch is None else checked_branch(branch)
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, at)
        tasks = parts.catalog.rectifications.all(at)
    lang = session.terminal.lang
    session.terminal.table(
        say("Rectification tasks"),
        (
            say("No."),
            say("Check"),
            say("Entry number"),
            say("Difference"),
            say("Person"),
            say("Deadline"),
            say("State"),
            say("Evidence"),
        ),
        [
            (
                str(one.no),
                str(one.check_no),
                one.entry,
                DIFFERENCES[DifferenceKind(one.kind)].in_language(lang),
                one.owner,
                moment(one.due),
                STATES[one.state].in_language(lang),
                "; ".join(f"{step.person}: {step.evidence}" for step in one.steps) or "–",
            )
            for one in tasks
        ],
    )


def done(
    context: typer.Context,
    task: int = _TASK,
    evidence: str = typer.Option(..., "--evidence", help="What was done, and what shows it."),
    by: str = _BY,
) -> None:
    """Say that a task is put right, with the evidence; somebody else closes it."""
    _step(context.obj, task, Step.DONE, evidence, by)


def close(
    context: typer.Context,
    task: int = _TASK,
    evidence: str = typer.Option(..., "--evidence", help="What was looked at."),
    by: str = _BY,
) -> None:
    """Close a task after looking at it; never by who put it right."""
    _step(context.obj, task, Step.CLOSED, evidence, by)


def reopen(
    context: typer.Context,
    task: int = _TASK,
    evidence: str = typer.Option(..., "--evidence", help="What is still not right."),
    by: str = _BY,
) -> None:
    """Send a task back that is not put right."""
    _step(context.obj, task, Step.REOPENED, evidence, by)


def _step(session: Session, no: int, step: Step, evidence: str, by: str | None) -> None:
    who, told = session.acting(by), said(evidence, say("Say what shows it with --evidence."))
    with session.open_parts() as parts:
        tasks = parts.catalog.rectifications
        Guard.at_word(parts, who).require(Act.ARCHIVE_FILE, tasks.one(no).branch)
        after = tasks.take(no, step, told, who)
    session.terminal.tell(say("Task {no}: {state}.", no=no, state=STATES[after.state]))

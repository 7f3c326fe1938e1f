"""A month for headquarters: sent, received, watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch
from flows.monthly import Uploading, branch_months, receive_branch, send
from flows.parts import Parts
from flows.stores import open_headquarters, open_stores
from pipeline.access.acts import Act
from pipeline.clocks import ZONE, told_delay
from pipeline.copies import size
from pipeline.errors import StoreError
from pipeline.language import Message, say
from pipeline.monthly import PROGRESS, BranchMonth, Month, Package, PackageActKind, Progress

_LEFT_TO_DO = 3
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
_MONTH = typer.Option(None, "--month", help="2026-10 (the month before this one).")
_BRANCH = typer.Option(None, "--branch", help="One branch (all).")


def add_commands(app: typer.Typer) -> None:
    """Add upload, upload receive and upload status."""
    upload = typer.Typer(help="Each month's pages for headquarters.", invoke_without_command=True)
    upload.callback()(upload_month)
    upload.command("receive")(receive_month)
    upload.command("status")(status)
    app.add_typer(upload, name="upload")


def upload_month(
    context: typer.Context, month: str = _MONTH, branch: str = _BRANCH, name: str = _AS
) -> None:
    """Send what headquarters has not of a month, branch by branch. Exit code 3: something stayed behind."""
    if context.invoked_subcommand:
        return
    session: Session = context.obj
    left = 0
    with _uploading(session, session.acting(name), say("Sending")) as uploading:
        parts = uploading.parts
        daily = parts.settings.upload.period == "daily_after_close"
        months = [Month.read(month)] if month else _months(daily)
        chosen = [of_branch for of in months for of_branch in _chosen(parts, of, branch)]
        if not chosen:
            told = ", ".join(str(of) for of in months)
            session.terminal.tell(
                say("Nothing of {months} is in, so there is nothing to send.", months=told)
            )
        for one in chosen:
            Guard.at_word(parts, uploading.who).require(Act.UPLOAD_SEND, one.branch)
            try:
                package = send(uploading, one.branch, one.month)
            except StoreError as error:
                session.terminal.tell(_stopped(one.branch, error))
                left += 1
                continue
            session.terminal.tell(_sent(one, package))
    if left:
        raise typer.Exit(_LEFT_TO_DO)


def receive_month(
    context: typer.Context, month: str = _MONTH, branch: str = _BRANCH, name: str = _AS
) -> None:
    """Read what branches sent, as headquarters: accept with a signed receipt, or refuse with the faults.

    Exit code 3: a package was refused.
    """
    session: Session = context.obj
    of, received, refused = _month(month), 0, 0
    with _uploading(session, session.acting(name), say("Receiving")) as uploading:
        Guard.at_word(uploading.parts, uploading.who).require(Act.UPLOAD_RECEIVE)
        for one in _chosen(uploading.parts, of, branch):
            for package, arrived in receive_branch(uploading, one.branch, of):
                received += 1
                refused += bool(arrived.faults)
                session.terminal.tell(_received(package, arrived.faults))
    if not received:
        session.terminal.tell(say("Nothing of {month} waits to be received.", month=of))
    if refused:
        raise typer.Exit(_LEFT_TO_DO)


def status(
    context: typer.Context,
    month: str = _MONTH,
    branch: str = _BRANCH,
    as_json: bool = typer.Option(False, "--json", help="As JSON."),
) -> None:
    """Show how far each branch's month is. Exit code 3: a branch is late."""
    session: Session = context.obj
    of, now = _month(month), datetime.now(UTC)
    with session.open_parts(reading=True) as parts:
        shown = _chosen(parts, of, branch)
    late = [one for one in shown if one.is_late(now)]
    if as_json:
        session.terminal.raw(json.dumps([_content(one, now) for one in shown], indent=1))
    else:
        _show(session, of, shown, now)
    if late:
        raise typer.Exit(_LEFT_TO_DO)


@contextmanager
def _uploading(session: Session, who: str, title: Message) -> Iterator[Uploading]:
    with (
        session.open_parts() as parts,
        open_stores(parts.workspace, parts.settings, parts.catalog) as stores,
        open_headquarters(parts.workspace, parts.settings) as headquarters,
        session.terminal.progress(title) as bar,
    ):
        yield Uploading(parts, stores.vault, headquarters, who, bar)


def _chosen(parts: Parts, month: Month, branch: str | None) -> tuple[BranchMonth, ...]:
    if branch is not None:
        parts.catalog.branches.must_be_known(checked_branch(branch))
    named = None if branch is None else frozenset({branch})
    return tuple(branch_months(parts, month, named))


def _month(text: str | None) -> Month:
    return Month.read(text) if text is not None else _months(daily=False)[0]


def _months(daily: bool) -> list[Month]:
    """The month before this one, which is due; where days go up at once, this one too (K3)."""
    today = datetime.now(ZONE).date()
    this = Month(today.year, today.month)
    return [this.before, this] if daily else [this.before]


def _sent(one: BranchMonth, package: Package | None) -> Message:
    if package is None:
        return say(
            "Branch {branch}: headquarters has everything of {month} that is in, or it is on its way.",
            branch=one.branch,
            month=one.month,
        )
    return say(
        "Package {package} is sent: {pages} pages and electronic files, {size}; headquarters has to receive "
        "it.",
        package=package.name,
        pages=package.pages,
        size=size(package.byte_count),
    )


def _stopped(branch: str, error: StoreError) -> Message:
    return say(
        "Branch {branch}: {why} Run this again, it goes on where it stopped.",
        branch=branch,
        why=error.message,
    )


def _received(package: Package, faults: tuple[str, ...]) -> Message:
    if not faults:
        return say(
            "Package {package} is whole and accepted: {pages} pages and electronic files.",
            package=package.name,
            pages=package.pages,
        )
    return say(
        "Package {package} is refused, {count} of its files are not as they were sent (first: {fault}); "
        "“paperproof upload” sends it again.",
        package=package.name,
        count=len(faults),
        fault=faults[0],
    )


def _show(session: Session, month: Month, shown: tuple[BranchMonth, ...], now: datetime) -> None:
    lang = session.terminal.lang
    if not shown:
        session.terminal.tell(say("Nothing is known of {month}.", month=month))
        return
    session.terminal.table(
        say("{month} for headquarters, due by {due}", month=month, due=shown[0].due),
        (
            *(
                say("Branch"),
                say("Pages"),
                say("Electronic files"),
                say("On the way"),
                say("Accepted"),
            ),
            *(say("Open days"), say("Packages"), say("State")),
        ),
        [
            (
                one.branch,
                str(one.pages - one.digital),
                str(one.digital),
                str(one.sent),
                str(one.accepted),
                str(one.open_days),
                str(len(one.packages)),
                _state(one, now).in_language(lang),
            )
            for one in shown
        ],
    )


def _state(one: BranchMonth, now: datetime) -> Message:
    refused = next((p for p in one.packages if p.last is PackageActKind.REFUSED), None)
    if refused is not None:
        return say(
            "{state}; package {package} was refused: {why}",
            state=PROGRESS[one.progress],
            package=refused.name,
            why=refused.acts[-1].note,
        )
    if not one.is_late(now):
        return PROGRESS[one.progress]
    if one.progress is Progress.COMPLETE:
        return say("complete, but late")
    delay = one.due.delay(now)
    assert delay is not None
    return say("{state}, LATE by {delay}", state=PROGRESS[one.progress], delay=told_delay(delay))


def _content(one: BranchMonth, now: datetime) -> dict[str, object]:
    return {
        "branch": one.branch,
        "month": str(one.month),
        "state": str(one.progress),
        "late": one.is_late(now),
        "due_before": one.due.before.isoformat(),
        "pages": one.pages - one.digital,
        "digital": one.digital,
        "sent": one.sent,
        "accepted": one.accepted,
        "open_days": one.open_days,
        "packages": [
            {
                "package": package.name,
                "pages": package.pages,
                "bytes": package.byte_count,
                "index_sha256": package.index_sha256,
                "state": str(package.last or "being_sent"),
            }
            for package in one.packages
        ],
    }

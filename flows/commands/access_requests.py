"""Access requests at the command line: apply, decide, take back, list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from flows.access import Guard
from flows.access_form import access_form
from flows.access_requests import RequestDesk
from flows.commands.session import Session, checked_branch, parsed_day
from flows.form_writing import Shape, shape_of, written
from flows.parts import Parts
from flows.terminal import moment
from pipeline.access.acts import ACTS, Act
from pipeline.access.requests import ASKED_FOR, REQUEST_STATES, AccessRequest, Asked, RequestState
from pipeline.errors import UserError
from pipeline.language import say

_NO = typer.Argument(help="The request's number.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")
_ACTS = f"{', '.join(ASKED_FOR)}; once for each."
_WHY = typer.Option(..., "--because", help="Why, for the record.")


def add_requests(access: typer.Typer) -> None:
    """Add access request, approve, refuse, revoke, list and form."""
    access.command("request")(request)
    access.command("approve")(approve)
    access.command("refuse")(refuse)
    access.command("revoke")(revoke)
    access.command("list")(list_requests)
    access.command("form")(form)


def request(
    context: typer.Context,
    branch: str = typer.Option(..., "--branch", help="The branch whose papers they are."),
    customer: str = typer.Option(None, "--customer", metavar="NUMBER", help="The customer."),
    pages: list[str] = typer.Option(
        [],
        "--page",
        metavar="SHA-256",
        help="A single page; once for each (all of the customer's).",
    ),
    acts: list[str] = typer.Option([Act.PAGE_VIEW], "--for", metavar="ACT", help=_ACTS),
    purpose: str = typer.Option(..., "--purpose", help="What it is needed for."),
    since: str = typer.Option(None, "--from", help="First day (today)."),
    until: str = typer.Option(None, "--until", help="Last day (a week from the first)."),
    by: str = _AS,
) -> None:
    """Apply for access to a customer's papers; somebody else decides."""
    session: Session = context.obj
    first = parsed_day(since)
    last = parsed_day(until) if until else first + timedelta(days=6)
    asked = Asked(
        checked_branch(branch),
        customer,
        tuple(pages),
        tuple(_act(word) for word in acts),
        purpose.strip(),
        first,
        last,
    )
    with session.open_parts() as parts:
        parts.catalog.branches.must_be_known(asked.branch)
        no = _desk(session, parts, by).apply(asked, _now())
    session.terminal.tell(
        say("Access request {no} waits for a decision; it would hold until {day}.", no=no, day=last)
    )


def approve(
    context: typer.Context,
    no: int = _NO,
    because: str = typer.Option("", "--because", help="A word on it, for the record."),
    by: str = _AS,
) -> None:
    """Approve a request of somebody else; it ends by itself."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _desk(session, parts, by).approve(no, because, _now())
        found = parts.catalog.access_requests.one(no)
    session.terminal.tell(
        say(
            "Access request {no} of {person} is approved until {day}.",
            no=no,
            person=found.applicant,
            day=found.asked.until,
        )
    )


def refuse(context: typer.Context, no: int = _NO, because: str = _WHY, by: str = _AS) -> None:
    """Refuse a request of somebody else."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _desk(session, parts, by).refuse(no, because, _now())
    session.terminal.tell(say("Access request {no} is refused.", no=no))


def revoke(context: typer.Context, no: int = _NO, because: str = _WHY, by: str = _AS) -> None:
    """Take a request, or what it opens, back at once."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _desk(session, parts, by).revoke(no, because, _now())
    session.terminal.tell(say("Access request {no} opens nothing any more.", no=no))


def form(
    context: typer.Context,
    no: int = _NO,
    out: Path = typer.Option(..., "--out", "-o", help="File to write."),
    shape: Shape = typer.Option(None, "--format", help="pdf, html, csv, json (as FILE ends)."),
    by: str = _AS,
) -> None:
    """Write the form of a request (A4), to be signed where paper is wanted."""
    session: Session = context.obj
    with session.open_parts() as parts:
        found = _desk(session, parts, by).one(no)
        if found is None:
            raise UserError(
                say("There is no access request {no} that you may see; “access list” tells.", no=no)
            )
        made = access_form(parts, found, _now(), session.terminal.lang)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(written(made, shape or shape_of(out), _now()))
    session.terminal.tell(say("Access request {no}: {path}", no=no, path=out))


def list_requests(
    context: typer.Context,
    standing: bool = typer.Option(
        False, "--standing", help="Only what opens something now, or waits for a decision."
    ),
    by: str = _AS,
) -> None:
    """Show all requests and grants: one's own, and those of the branches one may look at."""
    session: Session = context.obj
    lang, now = session.terminal.lang, _now()
    with session.open_parts() as parts:
        shown = [
            one
            for one in _desk(session, parts, by).visible()
            if not standing or one.state_at(now) in (RequestState.WAITING, RequestState.APPROVED)
        ]
    if shown:
        session.terminal.table(
            say("Access requests"),
            (
                say("No."),
                say("Applicant"),
                say("State"),
                say("Until"),
                say("Decided by"),
                say("Branch"),
                say("Of whom, to do what, what for"),
            ),
            [_row(one, now, lang) for one in shown],
        )
    session.terminal.tell(say("{count} access requests.", count=len(shown)))


def _row(one: AccessRequest, now: datetime, lang: str) -> tuple[str, ...]:
    asked = one.asked
    whom = asked.customer or ""
    if asked.pages:
        counted = say("{count} pages", count=len(asked.pages)).in_language(lang)
        whom = f"{whom} {counted}".strip()
    acts = ("、" if lang == "zh" else ", ").join(ACTS[act].in_language(lang) for act in asked.acts)
    decided = one.acts[-1] if one.acts else None
    return (
        str(one.no),
        one.applicant,
        REQUEST_STATES[one.state_at(now)].in_language(lang),
        f"{asked.until}",
        f"{decided.person} {moment(decided.at)}" if decided else "–",
        asked.branch,
        f"{whom}; {acts}; {asked.purpose}",
    )


def _act(word: str) -> Act:
    try:
        return Act(word.strip())
    except ValueError as error:
        raise UserError(
            say("Say what you need to do: {acts}.", acts=", ".join(str(act) for act in ASKED_FOR))
        ) from error


def _desk(session: Session, parts: Parts, by: str | None) -> RequestDesk:
    return RequestDesk(Guard.at_word(parts, session.acting(by)))


def _now() -> datetime:
    return datetime.now(UTC)

"""The paper register: papers on receipt, why papers have no image, the way back."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from catalog.paper_balance import whose
from flows.access import Guard
from flows.commands.reasons import parsed_reason
from flows.commands.session import Session, checked_branch, parsed_day
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.paper import REASONS, PaperAct, PaperEntry, PaperKey, PaperReason

_MOST = 100_000
_BRANCH = typer.Option(..., "--branch", help="Branch where the paper is.")
_DAY = typer.Option(..., "--day", help="Business date of the papers.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")


def add_commands(app: typer.Typer) -> None:
    """Add paper register, explain, undo and list."""
    paper = typer.Typer(help="Papers on receipt, against which images are counted.")
    paper.command("register")(register)
    paper.command("explain")(explain)
    paper.command("undo")(undo)
    paper.command("list")(list_papers)
    app.add_typer(paper, name="paper")


def register(
    context: typer.Context,
    branch: str = _BRANCH,
    day: str = _DAY,
    handler: str = typer.Option(..., "--handler", help="Teller whose papers they are."),
    count: int = typer.Option(
        None, "--count", min=1, max=_MOST, help="Pages with writing on; sheets of ours left out."
    ),
    batch: str = typer.Option(None, "--batch", help="The batch they will be scanned in."),
    serial: list[str] = typer.Option(
        [], "--serial", help="Serial number of a paper; once for each."
    ),
    by: str = _AS,
) -> None:
    """Register papers when they are received, before they are scanned."""
    session: Session = context.obj
    on, at, who = parsed_day(day), checked_branch(branch), session.acting(by)
    papers = _counted(count, serial)
    with session.open_parts() as parts:
        parts.catalog.branches.require(at, day=on)
        Guard.at_word(parts, who).require(Act.PAPER_REGISTER, at)
        entry = parts.catalog.papers.register(
            on, at, handler=_word(handler), count=papers, batch=batch, serials=serial, by=who
        )
        entries = parts.catalog.papers.entries(on, at)
    session.terminal.tell(
        say(
            "Entry {no}: {count} papers of handler {handler} are registered, {total} of branch {branch} on "
            "{day} in all.",
            no=entry.no,
            count=papers,
            handler=handler,
            total=sum(e.count for e in entries if e.kind is PaperAct.REGISTER and not e.undone),
            branch=at,
            day=on,
        )
    )


def _counted(count: int | None, serials: Sequence[str]) -> int:
    for serial in serials:
        _word(serial)
    if not serials and count is None:
        raise UserError(say("Say how many papers with --count, or which with --serial."))
    if serials and (len(set(serials)) != len(serials) or count not in (None, len(serials))):
        raise UserError(
            say(
                "{given} different serial numbers do not make {count} papers; name each paper's once, or "
                "leave --serial out.",
                given=len(set(serials)),
                count=len(serials) if count is None else count,
            )
        )
    return count or len(serials)


def _word(text: str) -> str:
    """Return a handler's or serial number; raises UserError when it can be none."""
    if not text.isprintable() or not text.strip() or len(text) > 32:
        raise UserError(say("“{text}” cannot be a number of a handler or paper.", text=text))
    return text


def explain(
    context: typer.Context,
    branch: str = _BRANCH,
    day: str = _DAY,
    reason: str = typer.Option(
        ..., "--reason", metavar="REASON", help=f"{', '.join(PaperReason)}."
    ),
    count: int = typer.Option(1, "--count", min=1, max=_MOST, help="How many papers."),
    handler: str = typer.Option(None, "--handler", help="Of this teller."),
    batch: str = typer.Option(None, "--batch", help="Of this batch."),
    serial: str = typer.Option(None, "--serial", help="The paper of this serial number."),
    note: str = typer.Option("", "--note", help="What happened, in words."),
    by: str = _AS,
) -> None:
    """Say why papers have no image."""
    session: Session = context.obj
    on, at, who, why = (
        parsed_day(day),
        checked_branch(branch),
        session.acting(by),
        parsed_reason(reason, PaperReason),
    )
    key = PaperKey(serial, batch, handler)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.PAPER_EXPLAIN, at)
        entry = parts.catalog.papers.explain(
            on, at, key, count=count, reason=why, note=note, by=who
        )
    session.terminal.tell(
        say(
            "Entry {no}: {papers}, {count}: {reason}; close the day again.",
            no=entry.no,
            papers=whose(key),
            count=count,
            reason=REASONS[why],
        )
    )


def undo(
    context: typer.Context,
    no: int = typer.Argument(metavar="ENTRY", help="The entry's number."),
    by: str = _AS,
) -> None:
    """Take one's own entry back; both stay on record."""
    session: Session = context.obj
    with session.open_parts() as parts:
        parts.catalog.papers.undo(no, session.acting(by))
    session.terminal.tell(say("Entry {no} is taken back.", no=no))


def list_papers(context: typer.Context, branch: str = _BRANCH, day: str = _DAY) -> None:
    """Show the register of a branch and day."""
    session: Session = context.obj
    lang = session.terminal.lang
    on, at = parsed_day(day), checked_branch(branch)
    with session.open_parts() as parts:
        entries = parts.catalog.papers.entries(on, at)
    if entries:
        session.terminal.table(
            say("Paper register"),
            (say("Entry"), say("Time"), say("Person"), say("Papers"), say("Count"), say("Of what")),
            [
                (
                    str(entry.no),
                    f"{entry.at.astimezone(ZONE):%Y-%m-%d %H:%M}",
                    entry.person,
                    whose(entry.of).in_language(lang),
                    str(entry.count),
                    _told(entry).in_language(lang),
                )
                for entry in entries
            ],
        )
    standing = [entry for entry in entries if not entry.undone]
    session.terminal.tell(
        say(
            "{registered} papers are registered, {explained} without image are explained; the closing counts "
            "the covers of other batches too.",
            registered=sum(e.count for e in standing if e.kind is PaperAct.REGISTER),
            explained=sum(e.count for e in standing if e.kind is PaperAct.EXPLAIN),
        )
    )


def _told(entry: PaperEntry) -> Message:
    what = (
        REASONS[entry.reason]
        if entry.reason
        else say("registered: {serials}", serials=", ".join(entry.serials))
        if entry.serials
        else say("registered")
    )
    if entry.note:
        what = say("{what} ({note})", what=what, note=entry.note)
    return say("{what}; taken back", what=what) if entry.undone else what

"""The whole text of pages: made after a day is closed, shown, searched, taken out of the index."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from functools import partial
from pathlib import Path

import typer

from catalog.texts import Asking, StoredText
from flows.access import Guard
from flows.commands.session import Session, checked_branch, parsed_day
from flows.flow_engine import flow_engine
from flows.page_texts import TextMaking, TextsMade
from flows.parts import Parts
from flows.readers import text_pool
from flows.report import closed_days
from flows.secrecy import Secrecy
from flows.settings import TextSettings
from flows.stores import Stores, open_stores
from flows.terminal import Terminal
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.values import half_width

PAGES_FAILED = 3
_LEAST_BEGINNING = 8
_MOST_FOUND = 100

_PURPOSE = typer.Option("", "--purpose", help="What for; it stands in the log.")
_BRANCH = typer.Option(None, "--branch", help="One branch (all).")


def add_commands(app: typer.Typer) -> None:
    """Add text make, text show, text unindex and find."""
    text = typer.Typer(help="The whole text of pages, as searchable PDF.", no_args_is_help=True)
    text.command("make")(make)
    text.command("show")(show)
    text.command("unindex")(unindex)
    app.add_typer(text, name="text")
    app.command("find")(find)


def make(
    context: typer.Context,
    day: str = typer.Option(..., "--day", help="Business date of a closed day."),
    branch: str = typer.Option(None, "--branch", help="One branch (all that were closed)."),
) -> None:
    """Make a searchable PDF/A of every page of a closed day, behind all other work.

    Exit code 0: every page has one; 3: some pages failed, each is named; run it again to go on.
    """
    session: Session = context.obj
    business_day = parsed_day(day)
    named = checked_branch(branch) if branch is not None else None
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        branches = _closed_branches(parts, business_day, named)
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        made = _run(session, parts, stores, business_day, branches)
    _tell_made(session.terminal, made)
    if any(one.failed for one in made):
        raise typer.Exit(PAGES_FAILED)


def _closed_branches(parts: Parts, day: date, branch: str | None) -> tuple[str, ...]:
    results = closed_days(parts, day, branch)
    closed = tuple(one.branch for one in results if one.closed or one.changed)
    if not closed:
        raise UserError(
            say(
                "{day} is still open for branch {branch}: its counts do not balance; close the day first.",
                day=day,
                branch=", ".join(one.branch for one in results),
            )
        )
    return closed


def _run(
    session: Session, parts: Parts, stores: Stores, day: date, branches: tuple[str, ...]
) -> tuple[TextsMade, ...]:
    with (
        text_pool(parts) as readers,
        flow_engine(parts.workspace.prefect),
        session.terminal.progress(say("Making texts")) as bar,
    ):
        from flows import (
            nightly,  # Prefect: seconds, once all that a user may have got wrong is told
        )

        making = TextMaking(parts, stores, readers, session.person())
        return nightly.make_texts(making, day, branches, bar)


def _tell_made(terminal: Terminal, made: Sequence[TextsMade]) -> None:
    for one in made:
        terminal.tell(
            say(
                "Branch {branch}: {pages} pages = {made} made + {already} already there + {failed} failed; "
                "{indexed} newly searchable.",
                branch=one.branch,
                pages=one.pages,
                made=one.made,
                already=one.already,
                failed=len(one.failed),
                indexed=one.indexed,
            )
        )
    failed = [
        (one.branch, name, why.in_language(terminal.lang))
        for one in made
        for name, why in one.failed
    ]
    if failed:
        terminal.table(
            say("Pages without text; run this again to try them once more"),
            (say("Branch"), say("Page"), say("Reason")),
            failed,
        )


def show(
    context: typer.Context,
    page: str = typer.Argument(help="The page's SHA-256, or its first 8 digits or more."),
    output: Path = typer.Option(..., "--output", "-o", help="PDF file to write."),
    purpose: str = _PURPOSE,
) -> None:
    """Write a page's searchable PDF to a file; the log tells who did, and what for."""
    session: Session = context.obj
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        asking = _asking(session, parts.settings.text, purpose)
        stored = _the_one(parts.catalog.texts.of_page(_beginning(page)), page)
        for at in parts.catalog.belonging.branches(stored.sha256):
            subject = Subject(at, page=stored.sha256)
            guard = Guard.at_word(parts, asking.who)
            guard.must_know(Act.TEXT_SEARCH, subject, datetime.now(ZONE))
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        content = stores.vault.read_text(stored.text_sha256)
        parts.catalog.texts.log_show(stored, asking)
    _write_private(output, content)
    session.terminal.tell(
        say(
            "Page {page}: {path}, text by {engine}.",
            page=stored.sha256[:8],
            path=output,
            engine=stored.engine,
        )
    )


def find(
    context: typer.Context,
    words: list[str] = typer.Argument(help="All of them must stand on the page, in any order."),
    day: str = typer.Option(None, "--day", help="Business date (all)."),
    branch: str = _BRANCH,
    purpose: str = _PURPOSE,
) -> None:
    """Find pages by words of their text; the log tells who did, and what for."""
    session: Session = context.obj
    wanted = [part for word in words for part in half_width(word).split()]
    with session.open_parts() as parts:
        if not parts.settings.text.index_reason:
            raise UserError(
                say(
                    "Texts are not indexed in this workspace; where they may be, set index_reason under "
                    "[text] in its settings and run “paperproof text make” again."
                )
            )
        if not wanted:
            raise UserError(say("Nothing was asked for; name at least one word."))
        asking = _asking(session, parts.settings.text, purpose)
        found = parts.catalog.texts.find(
            wanted,
            asking,
            known=partial(_known, parts, Guard.at_word(parts, asking.who)),
            day=parsed_day(day) if day is not None else None,
            branch=checked_branch(branch) if branch is not None else None,
            most=_MOST_FOUND,
        )
    if not found:
        session.terminal.tell(say("No indexed page holds all of this."))
        return
    session.terminal.table(
        say("Pages found"),
        (say("Day"), say("Branch"), say("Page"), say("SHA-256"), say("Where it stands")),
        [
            (one.day.isoformat(), one.branch, one.name, one.sha256[:_LEAST_BEGINNING], one.context)
            for one in found
        ],
    )
    if len(found) == _MOST_FOUND:
        session.terminal.note(
            say(
                "Only the first {count} are shown; name a day, a branch or more words.",
                count=len(found),
            )
        )


def unindex(
    context: typer.Context,
    day: str = typer.Option(..., "--day", help="Business date."),
    branch: str = _BRANCH,
    purpose: str = _PURPOSE,
) -> None:
    """Take a day's texts out of the index for good; the PDF stay, the log tells who did, and why."""
    session: Session = context.obj
    with session.open_parts() as parts:
        count = parts.catalog.texts.unindex(
            parsed_day(day),
            checked_branch(branch) if branch is not None else None,
            _asking(session, parts.settings.text, purpose),
        )
    session.terminal.tell(
        say("{count} pages were taken out of the index; their PDF stay.", count=count)
    )


def _known(parts: Parts, guard: Guard, pages: Collection[str]) -> Collection[str]:
    """Those of some pages that the person may know at each branch that has them (BM-01)."""
    secrecy, now = Secrecy(parts), datetime.now(ZONE)
    of_branch: dict[str, set[str]] = {}
    for page in pages:
        for branch in parts.catalog.belonging.branches(page):
            of_branch.setdefault(branch, set()).add(page)
    sealed = {
        page
        for branch, some in of_branch.items()
        for page, mark in secrecy.marks(guard.person, some, branch, now).items()
        if not mark.is_known
    }
    return set(pages) - sealed


def _asking(session: Session, settings: TextSettings, purpose: str) -> Asking:
    if settings.purpose_required and not purpose.strip():
        raise UserError(say("Say what for with --purpose; it stands in the log."))
    return Asking(session.person(), purpose.strip())


def _beginning(page: str) -> str:
    beginning = page.lower()
    if len(beginning) < _LEAST_BEGINNING or set(beginning) - set("0123456789abcdef"):
        raise UserError(
            say("“{page}” is no page; give at least 8 digits of its SHA-256.", page=page)
        )
    return beginning


def _the_one(stored: Sequence[StoredText], page: str) -> StoredText:
    if len(stored) == 1:
        return stored[0]
    raise UserError(
        say("Several pages begin with {page}; give more digits.", page=page)
        if stored
        else say(
            "There is no text of page {page}; make those of its day with “paperproof text make”.",
            page=page,
        )
    )


def _write_private(path: Path, content: bytes) -> None:
    """Write customer data so that its owner alone can read it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)

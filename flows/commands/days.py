"""Closing a day, and the reports of a closed day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path

import typer

from catalog.reports.contract import as_contract, counted
from catalog.reports.wording import KINDS
from flows.close_day import Closing, branches_to_close
from flows.closing_run import open_closing, write_reports
from flows.commands.calendar import warn_unpublished
from flows.commands.canary import RED, after_closing
from flows.commands.recognition import report_recognition
from flows.commands.remedies import tell_remedies
from flows.commands.session import Session, checked_branch, parsed_day
from flows.commands.storage import tell_debts
from flows.flow_engine import flow_engine
from flows.packing import PackedVolumes
from flows.parts import Parts
from flows.propose_forms import propose_forms
from flows.report import FORMATS, closed_days, write_report
from flows.stores import Stores, open_stores
from flows.terminal import Terminal
from pipeline.balance import BranchDay, Discrepancy
from pipeline.clocks import ZONE
from pipeline.errors import PaperproofError, UserError
from pipeline.language import Message, say
from pipeline.sandbox import Sandbox
from pipeline.tasks.day import told

CLOSED_WITH_DISCREPANCIES = 3
STAYS_OPEN = 4


def add_commands(app: typer.Typer) -> None:
    """Add close-day and report mismatch."""
    app.command("close-day")(close_day)
    report = typer.Typer(help="Reports of closed days.", no_args_is_help=True)
    report.command("mismatch")(report_mismatch)
    report.command("recognition")(report_recognition)
    app.add_typer(report, name="report")


def close_day(
    context: typer.Context,
    day: str = typer.Argument(help="Business date, like 2026-11-19."),
    branch: str = typer.Option(None, "--branch", help="One branch (all that have a stream)."),
    as_json: bool = typer.Option(False, "--json", help="The result as one JSON object."),
) -> None:
    """Close a day: match, reconcile, copy to the cold store, write the report.

    Exit code 0: closed; 3: closed with discrepancies; 4: it stays open, papers lack an image; 2: cannot be
    closed as asked; 1: a fault.
    """
    session: Session = context.obj
    business_day = parsed_day(day)
    named = checked_branch(branch) if branch is not None else None
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        branches = branches_to_close(parts, business_day, named)
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        closing = open_closing(stack, parts, stores, session.person(), session.terminal.note)
        results = _run(session, closing, business_day, branches)
        reports = write_reports(closing, results, business_day, named)
        _propose_forms(session, parts, stores)
        warn_unpublished(session.terminal, parts.calendar, datetime.now(ZONE).date())
        tell_debts(session.terminal, parts)
    if as_json:
        contract = as_contract(business_day, named, results, session.terminal.lang)
        session.terminal.raw(json.dumps(contract, ensure_ascii=False))
    else:
        _tell_closed(session.terminal, results, reports[session.terminal.lang])
    all_packed = _tell_packed(session.terminal, closing.packed)
    if after_closing(session) or not all_packed:
        raise typer.Exit(RED)
    if not all(result.closed for result in results):
        raise typer.Exit(STAYS_OPEN)
    if any(result.discrepancies for result in results):
        raise typer.Exit(CLOSED_WITH_DISCREPANCIES)


def _run(
    session: Session, closing: Closing, day: date, branches: tuple[str, ...]
) -> tuple[BranchDay, ...]:
    """Run the nightly flow; Prefect is imported here, once all that a user may have got wrong is told."""
    with (
        flow_engine(closing.parts.workspace.prefect),
        session.terminal.progress(say("Closing the day")) as bar,
    ):
        from flows import nightly

        return nightly.close_day(closing, day, branches, bar)


def _tell_packed(terminal: Terminal, packed: Sequence[PackedVolumes]) -> bool:
    """Tell what has no cold copy yet and why, each once; True when nothing was left."""
    for message in dict.fromkeys(said for one in packed for said in (*one.notes, *one.left)):
        terminal.note(message)
    return not any(one.left for one in packed)


def _propose_forms(session: Session, parts: Parts, stores: Stores) -> None:
    """Look for forms that propose themselves; the day is closed, whatever comes of it."""
    terminal = session.terminal
    try:
        proposed = propose_forms(parts, stores, session.person())
    except PaperproofError as error:
        terminal.note(error.message)
        return
    for one in proposed:
        terminal.note(
            say(
                "{count} pages agree on a form that is not known yet; look at it with “paperproof form "
                "show {id}”, then confirm or refuse it.",
                count=len(one.pages),
                id=one.id,
            )
        )


def _tell_closed(terminal: Terminal, results: Sequence[BranchDay], report: Path) -> None:
    counts = counted(results)
    terminal.tell(
        say(
            "Images: {images} = {matched_images} matched + {surplus} surplus + {duplicate} duplicate + "
            "{blank} blank + {sheets} separators and covers + {rejected} refused",
            **counts,
        )
    )
    terminal.tell(
        say(
            "Transactions: {transactions} = {matched} matched + {missing} missing + {no_paper_due} with "
            "no paper due",
            **counts,
        )
    )
    if counts["tasks"]:
        terminal.tell(told(counts))
    terminal.tell(_papers(results, counts))
    if any(counts[name] for name in ("to_key", "keyed", "given_up")):
        terminal.tell(
            say(
                "Keying: {to_key} fields wait to be keyed, {keyed} were keyed, {given_up} nobody could read; "
                "see “paperproof key list”.",
                **counts,
            )
        )
    for late in (late for result in results for late in result.late):
        terminal.tell(late.message)
    if counts["unconfirmed"]:
        terminal.tell(
            say(
                "{unconfirmed} rows are neither confirmed by their handlers nor on the list; see "
                "“paperproof task day”.",
                **counts,
            )
        )
    found = [one for result in results for one in result.discrepancies]
    if found:
        _tell_discrepancies(terminal, found)
    terminal.tell(_state(results, len(found)))
    terminal.tell(say("Report: {path}", path=report))


def _tell_discrepancies(terminal: Terminal, found: Sequence[Discrepancy]) -> None:
    terminal.table(
        say("Discrepancies"),
        (say("Kind"), say("Branch"), say("Serial number"), say("Pages"), say("Reason")),
        [
            (
                KINDS[one.kind].in_language(terminal.lang),
                one.branch,
                one.serial_no or "–",
                ", ".join(page.name for page in one.pages) or "–",
                one.reason.in_language(terminal.lang),
            )
            for one in found
        ],
    )
    tell_remedies(terminal, found)


def _papers(results: Sequence[BranchDay], counts: Mapping[str, int]) -> Message:
    """The paper side of the closing equation, with the share that has an image (CG-16.1a)."""
    if not any(result.papers for result in results):
        return say("Papers: not registered")
    share = counts["imaged_papers"] / counts["papers"] if counts["papers"] else 0.0
    return say(
        "Papers: {papers} = {imaged_papers} with an image ({share}) + {explained_papers} explained + "
        "{papers_without_image} without image; {over_papers} images or explanations beyond them",
        share=f"{share:.1%}",
        **counts,
    )


_PAPER_GAPS = ("papers_without_image", "over_papers")


def _state(results: Sequence[BranchDay], found: int) -> Message:
    still_open = [result.branch for result in results if not result.closed]
    if still_open and not any(counted(results)[name] for name in _PAPER_GAPS):
        return say(
            "The day stays open for branch {branches}: rows are not confirmed; have their handlers run "
            "“paperproof task confirm”, then close the day again.",
            branches=", ".join(still_open),
        )
    if still_open:
        return say(
            "The day stays open for branch {branches}: registered papers and images do not agree; scan what "
            "is missing or explain it with “paperproof paper explain”, then close the day again.",
            branches=", ".join(still_open),
        )
    if found:
        return say("The day is closed with {count} discrepancies.", count=found)
    return say("The day is closed; everything agrees.")


def report_mismatch(
    context: typer.Context,
    day: str = typer.Option(..., "--day", help="Business date."),
    form: str = typer.Option("html", "--format", help="html, xlsx, csv or json."),
    branch: str = typer.Option(None, "--branch", help="One branch (all that were closed)."),
    output: Path | None = typer.Option(None, "--output", "-o", help="File to write."),
) -> None:
    """Write the archivist's mismatch report of a closed day, in Chinese unless --lang says otherwise."""
    session: Session = context.obj
    if form not in FORMATS:
        raise UserError(say("There is no format {form}; say html, xlsx, csv or json.", form=form))
    business_day = parsed_day(day)
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        results = closed_days(parts, business_day, branch)
        path = write_report(
            parts,
            stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog)),
            stack.enter_context(Sandbox()),
            results,
            day=business_day,
            branch=branch,
            form=form,
            lang=session.named_language or "zh",
            target=output,
        )
    session.terminal.tell(say("Report: {path}", path=path))
    _tell_changed(session.terminal, results, business_day)


def _tell_changed(terminal: Terminal, results: Sequence[BranchDay], day: date) -> None:
    """Say so when the report tells of a closing that something came after."""
    changed = [result.branch for result in results if result.changed]
    if changed:
        terminal.note(
            say(
                "Something came in or was done for branch {branches} after {day} was closed, so this report "
                "is not the last word; run “paperproof close-day {day}” again.",
                branches=", ".join(changed),
                day=day,
            )
        )

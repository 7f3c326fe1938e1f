"""The scan station: its inbox watched, and what is missing before the operator leaves."""

from __future__ import annotations

import json

import typer

from catalog.reports.wording import KINDS
from flows.commands import scanning, station_purge
from flows.commands.intake import station_watch
from flows.commands.remedies import tell_remedies
from flows.commands.session import Session, checked_branch, parsed_day
from flows.station import StationStatus, as_json, station_status
from flows.terminal import Terminal
from pipeline.language import say
from pipeline.profile import Profile

_LEFT_TO_DO = 3


def add_commands(app: typer.Typer) -> None:
    """Add station watch, status, purge, devices and scan."""
    station = typer.Typer(help="A scan station.", no_args_is_help=True)
    station.command("watch")(station_watch)
    station.command("status")(status)
    station.command("purge")(station_purge.purge)
    scanning.add_commands(station)
    app.add_typer(station, name="station")


def status(
    context: typer.Context,
    branch: str = typer.Option(..., "--branch", help="Branch where the paper is."),
    day: str = typer.Option(None, "--day", help="Business date of the vouchers (today)."),
    to_json: bool = typer.Option(False, "--json", help="One JSON object."),
) -> None:
    """Before leaving: which papers are still missing, which pages to scan again, and why.

    Exit code 0: nothing is left to do; 3: something is.
    """
    session: Session = context.obj
    with session.open_parts() as parts:
        on = parsed_day(day)
        found = station_status(parts, on, checked_branch(branch), session.person())
        profile = parts.profile_on(on)
    if to_json:
        session.terminal.raw(json.dumps(as_json(found, session.terminal.lang), ensure_ascii=False))
    else:
        _tell(session.terminal, found, profile)
    if not found.is_done:
        raise typer.Exit(_LEFT_TO_DO)


def _tell(terminal: Terminal, found: StationStatus, profile: Profile) -> None:
    lang = terminal.lang
    if found.missing:
        terminal.table(
            say("Papers still missing"),
            [say("Serial number"), say("Type"), say("Business"), say("Teller"), say("Why")],
            [
                [
                    one.serial_no,
                    _type_name(profile, one.document_type, lang),
                    one.transaction.business_name,
                    one.transaction.teller_no,
                    one.why.reason.in_language(lang),
                ]
                for one in found.missing
            ],
        )
    if found.rescan:
        terminal.table(
            say("Pages to scan again"),
            [say("Page"), say("Batch"), say("Why")],
            [
                [
                    ", ".join(page.name for page in one.pages),
                    ", ".join(sorted({page.batch for page in one.pages})),
                    one.reason.in_language(lang),
                ]
                for one in found.rescan
            ],
        )
    if found.others:
        terminal.table(
            say("To look at"),
            [say("Kind"), say("Page"), say("Why")],
            [
                [
                    KINDS[one.kind].in_language(lang),
                    ", ".join(page.name for page in one.pages) or one.serial_no or "–",
                    one.reason.in_language(lang),
                ]
                for one in found.others
            ],
        )
    tell_remedies(terminal, (*(one.why for one in found.missing), *found.rescan, *found.others))
    _tell_summary(terminal, found)


def _type_name(profile: Profile, code: str | None, lang: str) -> str:
    kind = profile.types.get(code) if code else None
    return kind.name.in_language(lang) if kind else code or "–"


def _tell_summary(terminal: Terminal, found: StationStatus) -> None:
    if not found.stream_is_in:
        terminal.tell(
            say(
                "The stream of {day} is not in for branch {branch}, so nobody can say yet what is missing; "
                "{pages} pages are in.",
                day=found.day,
                branch=found.branch,
                pages=found.pages,
            )
        )
        return
    terminal.tell(
        say(
            "Branch {branch}, {day}: {transactions} transactions, {pages} pages in, {unread} of them not "
            "read yet, {to_key} fields to key; {missing} papers missing, {rescan} pages to scan again.",
            branch=found.branch,
            day=found.day,
            transactions=found.transactions,
            pages=found.pages,
            unread=found.unread,
            to_key=found.to_key,
            missing=len(found.missing),
            rescan=len(found.rescan),
        )
    )
    if found.is_done:
        terminal.tell(say("Everything that is due is in; you may leave."))

"""The calendar of working and trading days: what is known of a year, and notices that are published later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import typer

from catalog.notices import KeptNotice
from flows.access import Guard
from flows.calendar_year import Month, months_of
from flows.commands.session import Session
from flows.terminal import Terminal
from pipeline.access.acts import Act
from pipeline.calendar import FIRST_YEAR, TradingCalendar, load_notices
from pipeline.clocks import ZONE, unpublished
from pipeline.errors import UserError
from pipeline.language import say


def add_commands(app: typer.Typer) -> None:
    """Add calendar show and import."""
    group = typer.Typer(help="Working days and trading days, on which deadlines rest.")
    group.command("show")(show)
    group.command("import")(import_notices)
    app.add_typer(group, name="calendar")


def show(
    context: typer.Context,
    year: int = typer.Option(None, "--year", min=FIRST_YEAR, max=2100, help="The year (this one)."),
) -> None:
    """Show a year's days off, make-up days, trading days and upload deadlines."""
    session: Session = context.obj
    today = datetime.now(ZONE).date()
    wanted = year or today.year
    with session.open_parts() as parts:
        known = parts.calendar
        rows = [_row(one) for one in months_of(wanted, known, parts.settings.sla)]
        kept = [one for one in parts.catalog.notices.all() if one.notice.year == wanted]
    session.terminal.tell(
        say("{year} is published.", year=wanted)
        if known.is_published(wanted)
        else say(
            "{year} is not published yet: it follows weekdays and fixed holidays, and what rests on it is "
            "provisional.",
            year=wanted,
        )
    )
    session.terminal.table(
        say("Year {year}", year=wanted),
        (
            say("Month"),
            say("Trading days"),
            say("Working days"),
            say("Upload of the month before, by"),
            say("Weekends of work"),
            say("Weekdays off, and without trading (*)"),
        ),
        rows,
    )
    _show_notices(session.terminal, kept)
    warn_unpublished(session.terminal, known, today)


def _row(month: Month) -> Sequence[str]:
    off = [f"{day:%m-%d}{'*' if day in month.working else ''}" for day in month.weekdays_off]
    return (
        f"{month.number}",
        str(len(month.trading)),
        str(len(month.working)),
        str(month.upload_by),
        " ".join(f"{day:%m-%d}" for day in month.working_weekends) or "–",
        " ".join(off) or "–",
    )


def _show_notices(terminal: Terminal, kept: Sequence[KeptNotice]) -> None:
    if kept:
        terminal.table(
            say("Imported notices, the last first"),
            (say("Published"), say("Imported"), say("By"), say("Source")),
            [
                (
                    one.notice.published.isoformat(),
                    f"{one.at.astimezone(ZONE):%Y-%m-%d %H:%M}",
                    one.imported_by,
                    one.notice.source,
                )
                for one in kept
            ],
        )


def warn_unpublished(terminal: Terminal, known: TradingCalendar, today: date) -> None:
    """Note that a year is missing that should be known by now."""
    year = unpublished(today, known)
    if year is not None:
        terminal.note(
            say(
                "The holidays of {year} are not in yet, so deadlines that rest on it are provisional; import "
                "the notice with “paperproof calendar import FILE”.",
                year=year,
            )
        )


def import_notices(
    context: typer.Context,
    file: Path = typer.Argument(help="Notices as JSON, see docs/calendar.md."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who imports (this account)."),
) -> None:
    """Bring published notices in (headquarters); the latest published wins, none is taken away."""
    session: Session = context.obj
    who = session.acting(by)
    notices = load_notices(_text(file))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.CALENDAR_IMPORT)
        new = parts.catalog.notices.keep(notices, who)
        known = parts.calendar
    session.terminal.tell(
        say(
            "{new} of {count} notices are new; every deadline is told by them from now on.",
            new=new,
            count=len(notices),
        )
    )
    for year in sorted({notice.year for notice in notices}):
        if not known.is_published(year):
            session.terminal.note(
                say(
                    "{year} stays provisional: no notice says “whole_year”, that it lists every exception.",
                    year=year,
                )
            )


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError as error:
        raise UserError(say("There is no file {path}; check the path.", path=file)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            say("{path} cannot be read as text in UTF-8; check what it is.", path=file)
        ) from error

"""Setting a workspace up, and making specimens to try it with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import typer

from catalog.address import address_of, shown
from catalog.catalog import Catalog
from flows.commands.session import Session, checked_branch, parsed_day
from flows.commands.storage_locks import tell_weak
from flows.listings import cross_listings
from flows.self_test import test_stores
from flows.settings import load_settings
from flows.stores import open_buckets, open_stores, prepare_stores
from flows.workspace import Workspace
from pipeline.calendar import TradingCalendar
from pipeline.errors import UserError
from pipeline.language import say
from storage.seaweed import LocalSeaweed

_WEEK_BRANCHES = ("3301", "3302", "3303")


def add_commands(app: typer.Typer) -> None:
    """Add init, specimens and store."""
    app.command("init")(init)
    app.command("specimens")(specimens)
    store = typer.Typer(
        help="The object store that Paperproof runs by itself.", no_args_is_help=True
    )
    store.command("stop")(store_stop)
    app.add_typer(store, name="store")


def init(
    context: typer.Context,
    catalog: str | None = typer.Option(
        None, "--catalog", help="The catalog's database, where it is not a file in the workspace."
    ),
) -> None:
    """Make a workspace: settings file, catalog, object stores. Safe to run again."""
    session: Session = context.obj
    if catalog and address_of(catalog).password:
        raise UserError(
            say(
                "A password on the command line can be seen by others; leave it out, and name a file with "
                "?passfile= or set PAPERPROOF_CATALOG (docs/postgresql.md)."
            )
        )
    if session.workspace.exists() and not session.workspace.is_dir():
        raise UserError(
            say("{folder} is a file; name a folder for the workspace.", folder=session.workspace)
        )
    workspace = Workspace(session.workspace)
    fresh = workspace.create(catalog)
    settings = load_settings(workspace.folder)
    if catalog and settings.catalog != catalog:
        raise UserError(
            say(
                "This workspace has its catalog at {place}; its settings, or PAPERPROOF_CATALOG, say so.",
                place=shown(address_of(settings.catalog)),
            )
        )
    Catalog.create(workspace.catalog_url(settings)).close()
    with open_buckets(workspace, settings):  # the local server is started once for both
        prepare_stores(workspace, settings)
        _look_over(session)
    session.terminal.tell(
        say("The workspace {folder} is ready.", folder=workspace.folder)
        if fresh
        else say("The workspace {folder} was there; it is up to date.", folder=workspace.folder)
    )


def _look_over(session: Session) -> None:
    """Enter what an older version stored in the register of objects, and try the stores out."""
    with (
        session.open_parts() as parts,
        open_stores(parts.workspace, parts.settings, parts.catalog) as stores,
    ):
        if adopted := cross_listings(stores.vault, parts.catalog).adopted:
            session.terminal.tell(
                say("{count} stored objects were entered in the register.", count=adopted)
            )
        tested = test_stores(parts.settings, parts.catalog, stores.vault)
    tell_weak(session.terminal, tested)


def specimens(
    context: typer.Context,
    folder: Path = typer.Argument(help="An empty folder for the scans, the stream and the truth."),
    pages: int = typer.Option(40, min=1, max=100_000, help="How many scans to make."),
    seed: int = typer.Option(1, help="The same seed makes the same day."),
    branch: str = typer.Option("3301", help="Branch number."),
    day: str = typer.Option(None, "--day", help="Business date (today)."),
    sheets: bool = typer.Option(False, "--sheets", help="With a cover and separators."),
    week: int = typer.Option(
        0,
        "--days",
        min=0,
        max=30,
        help="Trading days of three branches instead, about 13 scans each.",
    ),
) -> None:
    """Make an invented branch day to try Paperproof with: scans, stream file and the truth."""
    session: Session = context.obj
    if week:
        _week(session, folder, seed, parsed_day(day), week)
        return
    from pipeline.specimens.day import make_branch_day  # drawing is no other command's business

    with session.terminal.progress(say("Making specimens")) as bar:
        bar.total(pages)
        truth = make_branch_day(
            folder,
            seed=seed,
            pages=pages,
            branch=checked_branch(branch),
            day=parsed_day(day),
            progress=lambda *_: bar.step(say("drawn")),
            sheets=sheets,
        )
    session.terminal.tell(
        say(
            "{pages} scans and {rows} transactions of branch {branch} lie in {folder}.",
            pages=truth.pages,
            rows=len(truth.transactions),
            branch=branch,
            folder=folder,
        )
    )


def _week(session: Session, folder: Path, seed: int, first: date, count: int) -> None:
    """Make days of three branches with all that a week brings."""
    from pipeline.specimens.week import make_firm_week, trading_days

    days = trading_days(TradingCalendar(), first, count)
    with session.terminal.progress(say("Making specimens")) as bar:
        bar.total(count * len(_WEEK_BRANCHES))
        truths = make_firm_week(
            folder,
            seed=seed,
            branches=_WEEK_BRANCHES,
            days=days,
            drawn=lambda *_: bar.step(say("drawn")),
        )
    session.terminal.tell(
        say(
            "{pages} scans and {rows} transactions of branches {branches} on {days} lie in {folder}.",
            pages=sum(len(truth.scans) for truth in truths),
            rows=sum(len(truth.transactions) for truth in truths),
            branches=", ".join(_WEEK_BRANCHES),
            days=", ".join(day.isoformat() for day in days),
            folder=folder,
        )
    )


def store_stop(context: typer.Context) -> None:
    """Stop the local object store, if one runs."""
    session: Session = context.obj
    stopped = LocalSeaweed(Workspace(session.workspace).stores).stop_now()
    session.terminal.tell(
        say("The object store was stopped.") if stopped else say("No object store was running.")
    )

"""Workers: reading what waits to be read, beside others on this machine or on others."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack

import typer

from flows.commands.session import Session, checked_branch, parsed_day
from flows.deployments import Pool
from flows.settings import start_prefect_worker
from flows.terminal import Terminal
from pipeline.claims import Chunk
from pipeline.clocks import ZONE
from pipeline.language import say


def add_commands(app: typer.Typer) -> None:
    """Add worker read, worker status and worker start."""
    worker = typer.Typer(help="Reading workers on one or several hosts.", no_args_is_help=True)
    worker.command("read")(read)
    worker.command("status")(status)
    worker.command("start")(start)
    app.add_typer(worker, name="worker")


def read(
    context: typer.Context,
    until_empty: bool = typer.Option(False, "--until-empty", help="End once no chunk is open."),
    day: str = typer.Option(None, "--day", help="Business date (all, the oldest first)."),
    branch: str = typer.Option(None, "--branch", help="One branch (all)."),
) -> None:
    """Claim chunks of unread pages and read them, until stopped with Ctrl-C; several may run at once.

    Exit code 2: this program is of another version than the catalog; 1: pages cannot be read here.
    """
    from flows.readers import reading_pool  # readers and stores take their time to load
    from flows.reading_pool import ReadingPool
    from flows.reading_work import ReadingWork, read_chunks, this_worker
    from flows.stores import open_stores

    session: Session = context.obj
    of_day = None if day is None else parsed_day(day)
    of_branch = None if branch is None else checked_branch(branch)
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        started: list[ReadingPool] = []

        def readers() -> ReadingPool:
            if not started:
                started.append(stack.enter_context(reading_pool(parts)))
            return started[0]

        bar = stack.enter_context(session.terminal.progress(say("Reading")))
        work = ReadingWork(
            *(parts, stores.vault, readers, this_worker(), bar), session.terminal.note
        )
        worked = read_chunks(work, of_day, of_branch, until_empty=until_empty)
    session.terminal.tell(
        say(
            "Worker {worker} read {pages} pages in {chunks} chunks; {lost} were taken over by others.",
            worker=work.worker.name,
            pages=worked.pages,
            chunks=worked.chunks,
            lost=worked.lost,
        )
    )


def start(
    context: typer.Context,
    pool: Pool = typer.Option(..., "--pool", help="reading, storage or night."),
    api: str = typer.Option(None, "--api", help="The Prefect server (setting “deploy.api”)."),
    limit: int = typer.Option(None, "--limit", min=1, help="Flow runs at the same time here."),
) -> None:
    """Start a Prefect worker on this workspace, which runs what “paperproof deploy” registered."""
    session: Session = context.obj
    with session.open_parts(reading=True) as parts:  # tells now what would fail each run
        home, settings = parts.workspace.prefect, parts.settings
    words = ["--pool", pool, "--type", "process", "--name", f"{socket.gethostname()}-{pool}"]
    start_prefect_worker(
        session.workspace,
        home,
        api or settings.deploy.api,
        [*words, *(["--limit", str(limit)] if limit else [])],
    )


def status(
    context: typer.Context, as_json: bool = typer.Option(False, "--json", help="As JSON.")
) -> None:
    """Show the chunks that are not read yet, who holds them and until when."""
    session: Session = context.obj
    with session.open_parts(reading=True) as parts:
        shown = parts.catalog.claims.open()
    if as_json:
        session.terminal.raw(json.dumps([_content(one) for one in shown]))
    elif shown:
        _show(session.terminal, shown)
    else:
        session.terminal.tell(say("No chunk of pages waits to be read."))


def _show(terminal: Terminal, shown: tuple[Chunk, ...]) -> None:
    terminal.table(
        say("Chunks of pages that wait to be read"),
        (
            *(say("Chunk"), say("Day"), say("Branch"), say("Pages"), say("Claims")),
            *(say("Thrown away"), say("Until"), say("Worker")),
        ),
        [
            (
                *(str(one.no), one.day.isoformat(), one.branch, str(len(one.pages))),
                *(str(one.fence), str(one.late)),
                one.until.astimezone(ZONE).strftime("%H:%M:%S") if one.until else "–",
                (one.until and one.worker) or "–",
            )
            for one in shown
        ],
    )


def _content(one: Chunk) -> dict[str, object]:
    return {
        "chunk": one.no,
        "day": one.day.isoformat(),
        "branch": one.branch,
        "pages": len(one.pages),
        "claims": one.fence,
        "thrown_away": one.late,
        "worker": one.worker,
        "version": one.version,
        "until": one.until and one.until.isoformat(timespec="seconds"),
    }

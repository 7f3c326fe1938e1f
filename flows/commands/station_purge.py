"""What still lies at a station: told file by file, removed on request."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import typer

from flows.commands.leftover_list import Removal, tell_account
from flows.commands.session import Session, checked_branch
from pipeline.language import say


def purge(
    context: typer.Context,
    folder: Path = typer.Argument(metavar="FOLDER", help="Where the station's scans lie."),
    branch: str = typer.Option(..., "--branch", help="Branch whose scans they are."),
    station: str = typer.Option("station-1", "--station", help="Scan station, for the record."),
    delete: bool = typer.Option(False, "--delete", help="Remove what may go."),
    to_json: bool = typer.Option(False, "--json", help="One JSON object."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account)."),
) -> None:
    """Tell which files in a folder the archive is proved to have, and why others must stay.

    With --delete the former are removed. Exit code 3: files are left.
    """
    from flows.access import Guard  # the catalog and the stores take their time
    from flows.station_purge import Purging
    from flows.stores import open_stores
    from pipeline.sandbox import Sandbox

    session: Session = context.obj
    removal = Removal()
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        opener = stack.enter_context(Sandbox())
        bar = stack.enter_context(session.terminal.progress(say("Reading")))
        guard = Guard.at_word(parts, session.acting(by))
        purging = Purging(guard, stores, opener, checked_branch(branch), station, bar)
        judged = purging.judge(folder)
        for one, why in purging.remove([one for one in judged if one.is_safe and delete]):
            removal.enter(one.file.name, why)
    tell_account(session.terminal, judged, removal, to_json=to_json)

"""Upright copies of pages in the archive."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import typer

from flows import derive as derivatives
from flows.commands.session import Session
from flows.stores import open_stores
from pipeline.language import say
from pipeline.sandbox import Sandbox


def add_commands(app: typer.Typer) -> None:
    """Add derive."""
    app.command("derive")(derive)


def derive(
    context: typer.Context,
    pages: list[str] = typer.Argument(help="SHA-256 of pages, or how it begins."),
    output: Path = typer.Option(..., "--output", "-o", help="Folder of the copies."),
) -> None:
    """Write upright, deskewed copies of pages; the masters stay as they were scanned."""
    session: Session = context.obj
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        masters = derivatives.chosen(parts, pages)
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        opener = stack.enter_context(Sandbox())
        for master in masters:
            made = derivatives.derive(parts, stores, opener, master, output, session.person())
            session.terminal.tell(
                say(
                    "{path}: turned back by {degrees}°, nothing cut off.",
                    path=made.path,
                    degrees=f"{made.turned_degrees:+.2f}",
                )
            )

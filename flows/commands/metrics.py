"""Figures for those who watch, printed once or served to Prometheus."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import typer
from prometheus_client import generate_latest, start_http_server

from flows.commands.session import Session
from flows.exposing import registry
from flows.long_looks import Here
from flows.measuring import Figures
from flows.parts import open_parts
from flows.store_settings import LOOPBACK
from pipeline.errors import UserError, refused_by_system
from pipeline.language import say


def add_commands(app: typer.Typer) -> None:
    """Add metrics."""
    app.command("metrics")(metrics)


def metrics(
    context: typer.Context,
    listen: str = typer.Option(
        None, "--listen", help="Serve them at this address of this machine: 127.0.0.1:9464."
    ),
) -> None:
    """Tell all figures as Prometheus reads them: once, or to whoever asks until stopped with Ctrl-C."""
    session: Session = context.obj
    address = None if listen is None else _address(listen)
    with open_parts(session.workspace, reading=True) as parts:
        told = registry(
            Figures(Here(parts)), parts.workspace.stage_times, lambda: datetime.now(UTC)
        )
        if address is None:
            session.terminal.raw(generate_latest(told).decode().rstrip("\n"))
            return
        host, port = address
        try:
            _server, serving = start_http_server(port, host, told)
        except OSError as error:
            raise UserError(
                say(
                    "{address} cannot be listened at ({why}); name another port.",
                    address=listen,
                    why=refused_by_system(error),
                )
            ) from error
        session.terminal.tell(
            say(
                "Metrics are at {address}; stop with Ctrl-C.",
                address=f"http://{listen}/metrics",
            )
        )
        serving.join()


def _address(listen: str) -> tuple[str, int]:
    """Part “127.0.0.1:9464”; figures are served in the open, so to this machine alone."""
    found = re.fullmatch(r"\[?([^\[\]]+)\]?:(\d{1,5})", listen)
    if found is None or found[1] not in LOOPBACK or int(found[2]) > 65535:
        raise UserError(
            say(
                "“{address}” is no address of this machine; name one like 127.0.0.1:9464, and let other "
                "machines ask the site's /metrics with a token.",
                address=listen,
            )
        )
    return found[1], int(found[2])

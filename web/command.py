"""``paperproof web``: the site, served from a workspace."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import typer
import uvicorn

from flows.commands.intake import READ_LATER
from flows.commands.session import Session
from flows.store_settings import LOOPBACK
from pipeline.errors import UserError
from pipeline.language import say
from web.app import create_app
from web.surroundings import open_surroundings

_PATIENCE_SECONDS = 10
"""So long requests that are being answered may take when the site is stopped."""


def add_commands(app: typer.Typer) -> None:
    """Add web."""
    app.command("web")(serve)


def serve(
    context: typer.Context,
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen at."),
    port: int = typer.Option(8421, "--port", min=0, max=65535, help="Port; 0: any free one."),
    certificate: Path = typer.Option(None, "--certificate", help="TLS certificate chain (PEM)."),
    key: Path = typer.Option(None, "--key", help="Private key of the certificate (PEM)."),
    behind: bool = typer.Option(
        False, "--behind-proxy", help="A proxy on this machine speaks TLS and names the client."
    ),
    read_later: bool = READ_LATER,
) -> None:
    """Serve the site, until stopped with Ctrl-C."""
    session: Session = context.obj
    secure = certificate is not None or behind
    _must_be_safe(host, certificate, key, secure=secure)
    with open_surroundings(session.workspace, secure=secure, read_later=read_later) as site:
        config = uvicorn.Config(
            create_app(site),
            host=host,
            port=port,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            log_level="warning",
            server_header=False,
            proxy_headers=behind,
            timeout_graceful_shutdown=_PATIENCE_SECONDS,
        )
        # what went wrong in an answer stands in our log, without words that may quote what was asked for
        logging.getLogger("uvicorn.error").addFilter(lambda record: record.exc_info is None)
        session.terminal.tell(
            say(
                "Paperproof is at {address}; stop with Ctrl-C.",
                address=f"{'https' if certificate else 'http'}://{host}:{port}/",
            )
        )
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be gone through again and again
        uvicorn.Server(config).run()


def _must_be_safe(host: str, certificate: Path | None, key: Path | None, *, secure: bool) -> None:
    if (certificate is None) != (key is None):
        raise UserError(say("--certificate and --key go together; name both."))
    if host not in LOOPBACK and not secure:
        raise UserError(
            say(
                "Passwords and customers' pages would cross the network in the open; name --certificate and "
                "--key, or --behind-proxy, or leave --host out."
            )
        )

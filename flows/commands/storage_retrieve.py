"""Objects that are needed online and lie on a carrier: asked for, listed, brought back."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.session import Session
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say

_LEFT_TO_DO = 3
_AS = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account).")


def add_commands(storage: typer.Typer) -> None:
    """Add storage retrieve request, list and done."""
    retrieve = typer.Typer(help="What is needed online and lies on a carrier.")
    retrieve.command("request")(request)
    retrieve.command("list")(list_)
    retrieve.command("done")(done)
    storage.add_typer(retrieve, name="retrieve", no_args_is_help=True)


def request(
    context: typer.Context,
    page: str = typer.Option(
        ..., "--page", help="A transaction's serial number, or a page's SHA-256 from its beginning."
    ),
    why: str = typer.Option(..., "--why", help="What it is needed for."),
    name: str = _AS,
) -> None:
    """Ask for a page of which a copy in a store is not there; tells the volume and the carriers."""
    from flows.retrieve import not_online, whereabouts

    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        wanted = [one.key for one in not_online(parts, parts.catalog.named.of_page(page))]
        if not wanted:
            raise UserError(
                say("{page} lies in both stores; there is nothing to fetch.", page=page)
            )
        made = parts.catalog.retrievals.request(wanted, why, who)
        places = whereabouts(parts, wanted)
    session.terminal.tell(
        say("Request {number}: {count} objects.", number=made.no, count=len(made.keys))
    )
    for one in places:
        session.terminal.tell(
            say(
                "{key}: volume {volume}, carriers {carriers}.",
                key=one.key,
                volume=one.volume or "–",
                carriers=", ".join(one.carriers) or "–",
            )
        )


def list_(context: typer.Context) -> None:
    """List the requests, done ones too."""
    session: Session = context.obj
    with session.open_parts() as parts:
        requests = parts.catalog.retrievals.all()
    if not requests:
        session.terminal.tell(say("Nothing was asked for."))
        return
    session.terminal.table(
        say("{count} requests", count=len(requests)),
        (
            say("Request"),
            say("Objects"),
            say("When"),
            say("Asked by"),
            say("Done"),
            say("Done by"),
            say("Why"),
        ),
        [
            (
                str(one.no),
                str(len(one.keys)),
                moment(one.at),
                one.who,
                moment(one.done_at) if one.done_at else "–",
                one.done_by or "–",
                one.reason,
            )
            for one in requests
        ],
    )


def done(
    context: typer.Context,
    number: int = typer.Argument(help="The request, as “storage retrieve list” numbers it."),
    source: Path = typer.Option(
        ..., "--from", help="The mounted carrier, a volume on it, or the page's own file."
    ),
    name: str = _AS,
) -> None:
    """Bring a request's objects back into both stores, proved. Exit code 3: some are still missing."""
    from flows.retrieve import bring_back
    from flows.stores import open_stores

    session: Session = context.obj
    who = session.acting(name)
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        Guard.at_word(parts, who).require(Act.CARRIER_CHANGE)
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        brought = bring_back(parts, stores, number, source, who)
    for message in brought.told:
        session.terminal.tell(message)
    session.terminal.tell(
        say(
            "{brought} of {asked} objects are online again.",
            brought=brought.brought,
            asked=brought.asked,
        )
    )
    if brought.told:
        raise typer.Exit(_LEFT_TO_DO)

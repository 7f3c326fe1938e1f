"""Legal holds: set, lifted, listed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch, parsed_day
from flows.parts import Parts
from flows.terminal import Terminal, moment
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say

if TYPE_CHECKING:
    from flows.holding import HoldsApplied

_LEFT_TO_DO = 3
_AS = typer.Option(None, "--as", metavar="NAME", help="Who says so (this account).")
_WHY = typer.Option(
    ..., "--why", help="The reason, such as the court's or authority's file number."
)


def add_commands(storage: typer.Typer) -> None:
    """Add storage hold set, lift and list."""
    hold = typer.Typer(help="Legal holds: what must stay, whatever else is ruled.")
    hold.command("set")(set_)
    hold.command("lift")(lift)
    hold.command("list")(list_)
    storage.add_typer(hold, name="hold", no_args_is_help=True)


def set_(
    context: typer.Context,
    why: str = _WHY,
    page: str = typer.Option(
        None,
        "--page",
        help="A transaction's serial number, or a page's SHA-256 from its beginning.",
    ),
    day: str = typer.Option(None, "--day", help="All pages of a business day."),
    branch: str = typer.Option(None, "--branch", help="Of this branch only, with --day."),
    name: str = _AS,
) -> None:
    """Hold pages, the files they came in and their texts, until the hold is lifted.

    Exit code 3: a store is still to be told; the next run does it.
    """
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.HOLD_CHANGE)
        hold = parts.catalog.holds.set(named_keys(parts, page, day, branch), why, who)
        session.terminal.tell(
            say("Hold {number}: {objects} objects must stay.", number=hold.no, objects=hold.objects)
        )
        _apply(session.terminal, parts)


def lift(
    context: typer.Context,
    number: int = typer.Argument(help="The hold, as “storage hold list” numbers it."),
    why: str = _WHY,
    name: str = _AS,
) -> None:
    """Lift a hold; what another hold keeps, stays held. Exit code 3: a store is still to be told."""
    session: Session = context.obj
    who = session.acting(name)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.HOLD_CHANGE)
        hold = parts.catalog.holds.lift(number, why, who)
        session.terminal.tell(
            say(
                "Hold {number} on {objects} objects is lifted.",
                number=hold.no,
                objects=hold.objects,
            )
        )
        _apply(session.terminal, parts)


def list_(context: typer.Context) -> None:
    """List the holds, lifted ones too, and what the stores are still to be told."""
    from flows.stores import locking  # stores take their time to load

    session: Session = context.obj
    with session.open_parts() as parts:
        holds = parts.catalog.holds.all()
        left = len(parts.catalog.holds.work(locking(parts.settings)))
    if not holds:
        session.terminal.tell(say("Nothing was ever held."))
        return
    session.terminal.table(
        say("{count} holds", count=len(holds)),
        (
            *(say("Hold"), say("Objects"), say("Set"), say("Set by")),
            *(say("Lifted"), say("Lifted by"), say("Why")),
        ),
        [
            (
                str(one.no),
                str(one.objects),
                moment(one.at),
                one.who,
                moment(one.lift.at) if one.lift else "–",
                one.lift.who if one.lift else "–",
                f"{one.reason} / {one.lift.reason}" if one.lift else one.reason,
            )
            for one in holds
        ],
    )
    if left:
        session.terminal.tell(
            say("{count} of them are still to be set or taken off at a store.", count=left)
        )


def named_keys(
    parts: Parts, page: str | None, day: str | None, branch: str | None
) -> tuple[str, ...]:
    """The objects that a command names by --page, or by --day and perhaps --branch."""
    if (page is None) == (day is None) or (page is not None and branch is not None):
        raise UserError(say("Say what: --page PAGE, or --day DAY, perhaps with --branch."))
    if page is not None:
        return parts.catalog.named.of_page(page)
    on = parsed_day(day)
    keys = parts.catalog.named.of_day(on, checked_branch(branch) if branch else None)
    if not keys:
        raise UserError(say("No page of {day} is in the archive there.", day=on))
    return keys


def _apply(terminal: Terminal, parts: Parts) -> None:
    """Tell the stores now; one that is down is told by the next run."""
    from flows.holding import apply_holds
    from flows.stores import open_stores

    with ExitStack() as stack:
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        applied = apply_holds(parts, stores)
    _tell(terminal, applied)
    if applied.left:
        raise typer.Exit(_LEFT_TO_DO)


def _tell(terminal: Terminal, applied: HoldsApplied) -> None:
    if applied.done:
        terminal.tell(
            say("{count} copies at the stores were told and read back.", count=applied.done)
        )
    for message in applied.messages:
        terminal.tell(message)

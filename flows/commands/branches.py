"""The register of branches."""

from __future__ import annotations

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say

_CODE = typer.Argument(metavar="CODE", help="The branch's number.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who registers (this account).")


def add_commands(app: typer.Typer) -> None:
    """Add branch add, end and list."""
    branch = typer.Typer(help="The branches there are.")
    branch.command("add")(add)
    branch.command("end")(end)
    branch.command("list")(list_branches)
    app.add_typer(branch, name="branch")


def add(
    context: typer.Context,
    code: str = _CODE,
    name: str = typer.Argument(help="What it is called."),
    by: str = _AS,
) -> None:
    """Register a branch (headquarters); from the first one on, others are refused at intake."""
    session: Session = context.obj
    who, called = session.acting(by), name.strip()
    checked_branch(code)
    if not called or not called.isprintable():
        raise UserError(say("Say what branch {code} is called.", code=code))
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.BRANCH_CHANGE)
        new = parts.catalog.branches.add(code, called, who)
    session.terminal.tell(
        say("Branch {code}, {name}, is registered.", code=code, name=called)
        if new
        else say("Branch {code}, {name}, was registered already.", code=code, name=called)
    )


def end(context: typer.Context, code: str = _CODE, by: str = _AS) -> None:
    """End a branch (headquarters): nothing more is taken in for it; what it has stays."""
    session: Session = context.obj
    who = session.acting(by)
    with session.open_parts() as parts:
        Guard.at_word(parts, who).require(Act.BRANCH_CHANGE)
        parts.catalog.branches.end(code, who)
    session.terminal.tell(say("Branch {code} is ended.", code=code))


def list_branches(context: typer.Context) -> None:
    """Show the branches."""
    session: Session = context.obj
    with session.open_parts() as parts:
        found = parts.catalog.branches.all()
    if not found:
        session.terminal.tell(say("No branch is registered, so every number is taken for one."))
        return
    session.terminal.table(
        say("Branches"),
        (say("Branch"), say("Since"), say("Name")),
        [(one.code, f"{one.since.astimezone(ZONE):%Y-%m-%d}", one.name) for one in found],
    )

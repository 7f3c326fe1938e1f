"""The register of branches."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch, parsed_day
from flows.commands.transfer import told_reorganised
from flows.mergers import BranchDesk
from pipeline.access.acts import Act
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.transfer import STATES

_CODE = typer.Argument(metavar="CODE", help="The branch's number.")
_AS = typer.Option(None, "--as", metavar="NAME", help="Who registers (this account).")


def add_commands(app: typer.Typer) -> None:
    """Add branch add, end, merge, split and list."""
    branch = typer.Typer(help="The branches there are.")
    branch.command("add")(add)
    branch.command("end")(end)
    branch.command("merge")(merge)
    branch.command("split")(split)
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
    """End a branch that keeps nothing (headquarters); one that does is merged into another."""
    session: Session = context.obj
    who = session.acting(by)
    with session.open_parts() as parts:
        BranchDesk(parts, who).end(code)
    session.terminal.tell(say("Branch {code} is ended.", code=code))


def merge(
    context: typer.Context,
    giver: str = typer.Argument(metavar="FROM", help="The branch that ends."),
    taker: str = typer.Argument(metavar="INTO", help="Its successor."),
    first: str = typer.Option(
        None, "--from", metavar="DAY", help="The successor's first business day (today)."
    ),
    by: str = _AS,
) -> None:
    """Merge a branch into another (headquarters): all it keeps is listed, to be signed by both.

    Its business days before --from stay under its number; what is to be done for them is the successor's.
    """
    session: Session = context.obj
    who, today = session.acting(by), parsed_day(None)
    day = parsed_day(first)
    with session.open_parts() as parts:
        done = BranchDesk(parts, who).merge(
            checked_branch(giver), checked_branch(taker), day, today
        )
    session.terminal.tell(told_reorganised(done.transfer))
    if done.open_days:
        session.terminal.note(
            say(
                "{days} business days of branch {branch} are not closed; branch {taker} closes them.",
                days=done.open_days,
                branch=giver,
                taker=taker,
            )
        )
    session.terminal.tell(
        say(
            "Branch {branch} is part of branch {taker} from {day} on; {ended} appointments ended, its "
            "archivists stay until both have signed. Next: “paperproof transfer sign {number}”.",
            branch=giver,
            taker=taker,
            day=day,
            ended=done.ended,
            number=done.transfer.number,
        )
    )


def split(
    context: typer.Context,
    giver: str = typer.Argument(metavar="FROM", help="The branch whose customers go."),
    taker: str = typer.Argument(metavar="TO", help="The branch they go to."),
    customers: list[str] = typer.Option(
        None, "--customer", help="A customer who goes (again for more)."
    ),
    listed: Path = typer.Option(
        None, "--customers", metavar="FILE", help="Customer numbers, one in a line."
    ),
    by: str = _AS,
) -> None:
    """List the archives and papers of some customers for another branch (headquarters)."""
    session: Session = context.obj
    who = session.acting(by)
    named = {*(customers or ()), *(_lines(listed) if listed else ())}
    with session.open_parts() as parts:
        desk = BranchDesk(parts, who)
        made = desk.split(checked_branch(giver), checked_branch(taker), named)
    session.terminal.tell(told_reorganised(made))


def _lines(path: Path) -> list[str]:
    try:
        content = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            say("{path} cannot be read as a list of customer numbers in UTF-8.", path=path)
        ) from error
    return [line.strip() for line in content.splitlines() if line.strip()]


def list_branches(context: typer.Context) -> None:
    """Show the branches."""
    session: Session = context.obj
    with session.open_parts() as parts:
        found = parts.catalog.branches.all()
        merged = parts.catalog.branches.successions().every
        names = parts.catalog.branches.names()
        lists = {one.no: one for one in parts.catalog.transfers.all()} if merged else {}
    if not found and not merged:
        session.terminal.tell(say("No branch is registered, so every number is taken for one."))
        return
    session.terminal.table(
        say("Branches"),
        (say("Branch"), say("Since"), say("Name")),
        [(one.code, f"{one.since.astimezone(ZONE):%Y-%m-%d}", one.name) for one in found],
    )
    for one in merged:
        list_ = lists[one.transfer_no]
        session.terminal.tell(
            say(
                "{branch} {name} was merged into {taker} on {day} by {person}: transfer {number}, {state}.",
                branch=one.giver,
                name=names.get(one.giver, ""),
                taker=one.taker,
                day=one.first_day,
                person=one.person,
                number=list_.number,
                state=STATES[list_.state],
            )
        )

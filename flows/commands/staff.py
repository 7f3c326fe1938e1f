"""The staff register: appointing people, ending appointments, branches without an archivist."""

from __future__ import annotations

import typer

from flows.commands.session import Session, checked_branch
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import ROLES, Role, checked_person, in_force
from pipeline.values import half_width

_MOST_SIGNS = 32
LEFT_TO_DO = 3
"""Exit code of a list that is not empty."""
_NAME = typer.Argument(help="The person's name, as given with --as.")
_ROLE = typer.Option(..., "--role", metavar="ROLE", help=f"{', '.join(Role)}.")
_TELLER = typer.Option(
    None, "--teller", metavar="NO", help="Of a teller: the number in the business system."
)
_AS = typer.Option(None, "--as", metavar="NAME", help="Who appoints (this account).")


def add_commands(app: typer.Typer) -> None:
    """Add staff add, end, list and missing."""
    staff = typer.Typer(help="Who is who: people, their roles and branches.", no_args_is_help=True)
    staff.command("add")(add)
    staff.command("end")(end)
    staff.command("list")(list_staff)
    staff.command("missing")(missing)
    app.add_typer(staff, name="staff")


def add(
    context: typer.Context,
    name: str = _NAME,
    role: str = _ROLE,
    branch: str = typer.Option(None, "--branch", help="The branch (all)."),
    teller: str = _TELLER,
    by: str = _AS,
) -> None:
    """Appoint a person to a role; the first of headquarters puts the register in force."""
    session: Session = context.obj
    person, appointed, at = checked_person(name), parsed_role(role), _branch(branch)
    with session.open_parts() as parts:
        staff = parts.catalog.staff
        if at is not None:
            parts.catalog.branches.require(at)
        before = in_force(staff.appointments())
        new = staff.add(person, appointed, at, session.acting(by), parsed_teller(teller))
        after = in_force(staff.appointments())
    words = {"person": person, "role": _role(appointed, teller), "where": _where(at)}
    session.terminal.tell(
        say("{person} is now registered as {role}, {where}.", **words)
        if new
        else say("{person} was registered as {role}, {where}, already.", **words)
    )
    if not after:
        session.terminal.note(
            say(
                "The register is not in force yet: nobody is registered as headquarters, so everybody may "
                "do everything."
            )
        )
    elif not before:
        session.terminal.note(
            say(
                "The register is in force from now on: acts that need a role are open to its holders "
                "alone, and only headquarters and the security administrator change the register."
            )
        )


def end(
    context: typer.Context,
    name: str = _NAME,
    role: str = _ROLE,
    branch: str = typer.Option(None, "--branch", help="That branch alone (all)."),
    teller: str = _TELLER,
    by: str = _AS,
) -> None:
    """End a person's appointment to a role; it stays on record."""
    session: Session = context.obj
    person, ended = checked_person(name), parsed_role(role)
    with session.open_parts() as parts:
        count = parts.catalog.staff.end(
            person, ended, _branch(branch), session.acting(by), parsed_teller(teller)
        )
    session.terminal.tell(
        say(
            "{count} appointments of {person} as {role} are ended.",
            count=count,
            person=person,
            role=ROLES[ended],
        )
    )


def list_staff(
    context: typer.Context,
    branch: str = typer.Option(None, "--branch", help="Who counts at one branch (all)."),
    ended: bool = typer.Option(False, "--ended", help="Ended appointments too."),
) -> None:
    """Show who is appointed to what, and where."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        every = parts.catalog.staff.appointments(_branch(branch))
        binding = in_force(parts.catalog.staff.appointments())
    shown = [one for one in every if ended or one.until is None]
    if shown:
        session.terminal.table(
            say("Staff"),
            (say("Person"), say("Role"), say("Branch"), say("Since"), say("Until")),
            [
                (
                    one.person,
                    _role(one.role, one.teller_no).in_language(lang),
                    one.branch or say("all").in_language(lang),
                    f"{one.since.astimezone(ZONE):%Y-%m-%d %H:%M}",
                    f"{one.until.astimezone(ZONE):%Y-%m-%d %H:%M}" if one.until else "–",
                )
                for one in shown
            ],
        )
    session.terminal.tell(
        say("{count} appointments; the register is in force.", count=len(shown))
        if binding
        else say(
            "{count} appointments; the register is not in force: nobody is registered as headquarters.",
            count=len(shown),
        )
    )


def missing(context: typer.Context) -> None:
    """Name the branches without an archivist; exit code 3 when there are any."""
    session: Session = context.obj
    with session.open_parts() as parts:
        known = parts.catalog.branches.all()
        branches = parts.catalog.staff.without_archivist(one.code for one in known)
    if not branches:
        session.terminal.tell(say("Every branch has an archivist."))
        return
    session.terminal.tell(
        say(
            "Without an archivist: {branches}; appoint one with “paperproof staff add NAME --role "
            "archivist --branch B”.",
            branches=", ".join(branches),
        )
    )
    raise typer.Exit(LEFT_TO_DO)


def parsed_role(text: str) -> Role:
    """Return the role of a word; raises UserError naming those there are."""
    word = text.strip()
    try:
        return Role.__members__.get(word.upper()) or Role(word.lower())
    except ValueError as error:
        raise UserError(
            say("There is no role {role}; say one of {roles}.", role=text, roles=", ".join(Role))
        ) from error


def parsed_teller(number: str | None) -> str | None:
    """Return a teller number as streams have it; raises UserError when it cannot be one."""
    if number is None:
        return None
    clean = half_width(number)
    if not clean or not clean.isprintable() or len(clean) > _MOST_SIGNS:
        raise UserError(
            say(
                "“{number}” cannot be a teller number; write it as the stream file has it.",
                number=number,
            )
        )
    return clean


def _role(role: Role, teller: str | None) -> Message:
    return say("{role} {teller}", role=ROLES[role], teller=teller) if teller else ROLES[role]


def _branch(branch: str | None) -> str | None:
    return None if branch is None else checked_branch(branch)


def _where(branch: str | None) -> object:
    return say("every branch") if branch is None else say("branch {branch}", branch=branch)

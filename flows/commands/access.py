"""Who may what: the table of rules, and the proof that administration and business never meet."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import typer

from flows.commands.access_requests import add_requests
from flows.commands.access_unusual import tell_unusual
from flows.commands.session import Session, parsed_day
from pipeline.access.acts import ACTS
from pipeline.access.matrix import besides, listed, matrix_as_csv, who
from pipeline.access.policy import RULES
from pipeline.access.separation import SIDES, holdings
from pipeline.language import say
from pipeline.staff import ROLES, in_force

_DAYS_BACK = 30
_MEETING = 1
"""Exit code when roles meet that may not."""


def add_commands(app: typer.Typer) -> None:
    """Add access matrix, report, and what is done with access requests."""
    access = typer.Typer(help="Who may what, and the proof of it.", no_args_is_help=True)
    access.command("matrix")(matrix)
    access.command("report")(report)
    add_requests(access)
    app.add_typer(access, name="access")


def matrix(
    context: typer.Context,
    output: Path = typer.Option(None, "--csv", help="Write act by role as CSV; - for the screen."),
) -> None:
    """Show every protected act and who may do it; what no role is named for is denied."""
    session: Session = context.obj
    lang = session.terminal.lang
    if output is None:
        session.terminal.table(
            say("Who may what"),
            (say("Act"), say("What it is"), say("Besides"), say("Who may")),
            [
                (str(act), ACTS[act].in_language(lang), besides(rule, lang), who(rule, lang))
                for act, rule in RULES.items()
            ],
        )
        return
    text = matrix_as_csv(lang)
    if str(output) == "-":
        sys.stdout.write(text)
    else:
        output.write_text(text, "utf-8-sig")  # with its mark, or Excel takes it for GB18030
        session.terminal.tell(
            say("{count} acts are written to {path}.", count=len(RULES), path=output)
        )


def report(
    context: typer.Context,
    standing_out: bool = typer.Option(
        False, "--unusual", help="Viewings that stand out instead; exit code 3 when there are any."
    ),
    since: str = typer.Option(None, "--from", help="With --unusual: first day (30 days back)."),
    until: str = typer.Option(None, "--until", help="With --unusual: last day (today)."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who asks (this account)."),
) -> None:
    """Prove that nobody holds roles that may not meet; exit code 1 when somebody does."""
    session: Session = context.obj
    if standing_out:
        last = parsed_day(until)
        first = parsed_day(since) if since else last - timedelta(days=_DAYS_BACK)
        tell_unusual(session, first, last, session.acting(by))
        return
    lang = session.terminal.lang
    with session.open_parts() as parts:
        appointments = parts.catalog.staff.appointments()
    found = holdings(appointments)
    if found:
        session.terminal.table(
            say("Separation of roles"),
            (say("Person"), say("Side"), say("Roles"), say("Conflict")),
            [
                (
                    one.person,
                    listed([SIDES[side] for side in one.sides], lang),
                    listed([ROLES[role] for role in one.roles], lang),
                    one.conflict.in_language(lang) if one.conflict else "–",
                )
                for one in found
            ],
        )
    conflicts = sum(one.conflict is not None for one in found)
    session.terminal.tell(
        say("{people} people hold roles; {count} conflicts.", people=len(found), count=conflicts)
    )
    if not in_force(appointments):
        session.terminal.note(
            say(
                "The staff register is not in force: at the command line everybody may do everything until "
                "someone is registered as headquarters or security administrator."
            )
        )
    if conflicts:
        session.terminal.note(
            say("End one of the roles that may not meet with “paperproof staff end”.")
        )
        raise typer.Exit(_MEETING)

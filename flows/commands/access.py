"""Who may what: the table of rules, and the proof that administration and business never meet."""

from __future__ import annotations

import csv
import io
import sys
from datetime import timedelta
from pathlib import Path

import typer

from flows.commands.access_requests import add_requests
from flows.commands.access_unusual import tell_unusual
from flows.commands.session import Session, acting, parsed_day
from flows.parts import open_parts
from pipeline.access.acts import ACTS, Act
from pipeline.access.policy import RULES, Rule, Scope
from pipeline.access.separation import SIDES, holdings
from pipeline.language import Message, say
from pipeline.staff import ROLES, in_force

_DAYS_BACK = 30
_MEETING = 1
"""Exit code when roles meet that may not."""
SCOPES = {
    Scope.BRANCH: say("of the branch"),
    Scope.ALL_BRANCHES: say("of all branches"),
    Scope.OWN: say("whoever is logged in"),
    Scope.PUBLIC: say("everybody"),
}


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
                (str(act), ACTS[act].in_language(lang), _besides(rule, lang), _who(rule, lang))
                for act, rule in RULES.items()
            ],
        )
        return
    text = _as_csv(lang)
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
        tell_unusual(session, first, last, acting(by))
        return
    lang = session.terminal.lang
    with open_parts(session.workspace) as parts:
        appointments = parts.catalog.staff.appointments()
    found = holdings(appointments)
    if found:
        session.terminal.table(
            say("Separation of roles"),
            (say("Person"), say("Side"), say("Roles"), say("Conflict")),
            [
                (
                    one.person,
                    _listed([SIDES[side] for side in one.sides], lang),
                    _listed([ROLES[role] for role in one.roles], lang),
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


def _listed(several: list[Message], lang: str) -> str:
    return ("、" if lang == "zh" else ", ").join(one.in_language(lang) for one in several)


def _who(rule: Rule, lang: str) -> str:
    where = SCOPES[rule.scope]
    if not rule.roles:
        return where.in_language(lang)
    named = tuple(title for role, title in ROLES.items() if role in rule.roles)
    return say("{roles} ({where})", roles=named, where=where).in_language(lang)


def _besides(rule: Rule, lang: str) -> str:
    asked = [
        word
        for wanted, word in (
            (rule.purpose, say("purpose")),
            (rule.approval, say("approved request")),
            (rule.step_up, say("second factor")),
        )
        if wanted
    ]
    return _listed(asked, lang) or "–"


def _as_csv(lang: str) -> str:
    written = io.StringIO(newline="")
    sheet = csv.writer(written)
    besides = [say("purpose"), say("approved request"), say("second factor")]
    head = [say("Act"), say("What it is"), say("Scope"), *ROLES.values(), *besides]
    sheet.writerow([one.in_language(lang) for one in head])
    for act in Act:
        rule = RULES[act]
        marks = [
            *(role in rule.roles or rule.scope in (Scope.OWN, Scope.PUBLIC) for role in ROLES),
            rule.purpose,
            rule.approval,
            rule.step_up,
        ]
        told = [ACTS[act].in_language(lang), SCOPES[rule.scope].in_language(lang)]
        sheet.writerow([str(act), *told, *("●" if mark else "" for mark in marks)])
    return written.getvalue()

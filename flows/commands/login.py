"""Logging in and out at the command line, where the workspace wants people to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

from flows.accounts import Accounts, LoggedIn
from flows.commands.session import Session
from flows.parts import Parts, open_parts
from flows.proving import must_change, token_file
from flows.terminal import moment
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import checked_person, person_key

_AT_TERMINAL = "terminal"
"""What stands for the address of who logs in at the command line."""


def add_commands(app: typer.Typer) -> None:
    """Add login, logout and whoami."""
    app.command("login")(login)
    app.command("logout")(logout)
    app.command("whoami")(whoami)


def login(
    context: typer.Context,
    name: str = typer.Option(..., "--as", metavar="NAME", help="Who you are, as in the register."),
) -> None:
    """Prove who you are; commands of this workspace act under your name until the log-in ends."""
    session: Session = context.obj
    person = checked_person(name)
    with open_parts(session.workspace) as parts:
        _must_be_wanted(parts)
        accounts, kept = Accounts(parts), token_file(session.workspace)
        begun = logged_in(session, accounts, person, hidden(session, say("Password")))
        if begun.must_change:
            accounts.log_out(begun.token, now())
            raise UserError(must_change(person))
        if before := kept.read():
            accounts.log_out(before, now())
        kept.keep(begun.token)
        rules = parts.settings.access
    session.terminal.tell(
        say(
            "{person} is logged in until {until}; {minutes} minutes without a command end it before.",
            person=person,
            until=moment(now() + timedelta(hours=rules.session_hours)),
            minutes=rules.idle_minutes,
        )
    )


def logout(context: typer.Context) -> None:
    """End the log-in; again, or of none: nothing happens."""
    session: Session = context.obj
    kept = token_file(session.workspace)
    with open_parts(session.workspace) as parts:
        if token := kept.read():
            Accounts(parts).log_out(token, now())
    kept.forget()
    session.terminal.tell(say("Nobody is logged in here now."))


def whoami(context: typer.Context) -> None:
    """Tell under which name commands act here."""
    session: Session = context.obj
    actor = session.actor
    session.terminal.tell(
        say("{person}, logged in.", person=actor.name)
        if actor.proven
        else say("{person}, a service's account; it acts without logging in.", person=actor.name)
        if actor.bound
        else say(
            "{person}, at your word: this workspace takes names at the command line as they are given.",
            person=actor.name,
        )
    )


def logged_in(session: Session, accounts: Accounts, name: str, given: str) -> LoggedIn:
    """Log in at the terminal, with the second factor where there is one."""
    begun = accounts.log_in(name, given, _AT_TERMINAL, now())
    if not begun.needs_second_factor:
        return begun
    credential = accounts.parts.catalog.credentials.of(person_key(name))
    if credential is None or credential.seed is None:
        accounts.log_out(begun.token, now())
        raise UserError(
            say(
                "Your second factor is a device that only the site can ask; set up codes of an authenticator "
                "app there, under “Own account”, then log in here."
            )
        )
    code = session.terminal.ask(say("Code of your second factor: ")) or ""
    return accounts.confirm_second_factor(begun.token, code, now())


def hidden(session: Session, what: Message) -> str:
    """Ask for something that is not shown while it is typed."""
    return str(typer.prompt(what.in_language(session.terminal.lang), hide_input=True, err=True))


def now() -> datetime:
    """The moment of an act."""
    return datetime.now(UTC)


def _must_be_wanted(parts: Parts) -> None:
    if parts.settings.access.command_line == "word":
        raise UserError(
            say(
                'This workspace takes names at the command line at their word; set command_line = "login" '
                "under [access] in its paperproof.toml to have people log in."
            )
        )

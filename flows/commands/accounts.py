"""Accounts: what administrators do to them, one's own password and second factor."""

from __future__ import annotations

import typer

from flows.access import Guard
from flows.account_acts import AccountActs
from flows.account_list import STANDINGS, account_lines
from flows.accounts import Accounts
from flows.commands.account_tokens import add_tokens
from flows.commands.login import hidden, logged_in, now
from flows.commands.session import Session
from flows.parts import Parts, open_parts
from flows.terminal import moment
from pipeline.language import say

_NAME = typer.Argument(help="The person, as in the staff register.")
_AS = typer.Option(None, "--as", metavar="NAME", help="The administrator (this account).")
_WHY = typer.Option(..., "--because", help="Why, for the record.")


def add_commands(app: typer.Typer) -> None:
    """Add account first, add, list, lock, unlock, reset, end, password and second-factor."""
    account = typer.Typer(
        help="Accounts of the web: one person, one account.", no_args_is_help=True
    )
    account.command("first")(first)
    account.command("add")(add)
    account.command("list")(list_accounts)
    account.command("lock")(lock)
    account.command("unlock")(unlock)
    account.command("reset")(reset)
    account.command("end")(end)
    account.command("password")(password)
    account.command("second-factor")(second_factor)
    add_tokens(account)
    app.add_typer(account, name="account")


def first(
    context: typer.Context,
    system: str = typer.Option(..., "--system", metavar="NAME", help="Who makes accounts."),
    security: str = typer.Option(..., "--security", metavar="NAME", help="Who appoints people."),
    by: str = _AS,
) -> None:
    """Make the first two accounts, of the system and of the security administrator: two people."""
    session: Session = context.obj
    with session.open_parts() as parts:
        told = _acts(session, parts, by).first(system, security, now())
    for name, given in zip((system, security), told, strict=True):
        _tell_password(session, name, given)


def add(context: typer.Context, name: str = _NAME, by: str = _AS) -> None:
    """Make a person's account and show its one-time password, this once."""
    session: Session = context.obj
    with session.open_parts() as parts:
        given = _acts(session, parts, by).add(name, now())
        known = Guard.at_word(parts, name).person.roles
    _tell_password(session, name, given)
    if not known:
        session.terminal.note(
            say(
                "{person} has no role yet and sees nothing; appoint with “paperproof staff add”.",
                person=name,
            )
        )


def list_accounts(context: typer.Context) -> None:
    """Show every account and how it stands."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        every = account_lines(parts.catalog, now())
    if every:
        session.terminal.table(
            say("Accounts"),
            (
                say("Person"),
                say("State"),
                say("Second factor"),
                say("Password of"),
                say("Since"),
                say("Made by"),
            ),
            [
                (
                    one.account.person,
                    STANDINGS[one.standing].in_language(lang),
                    (say("yes") if one.has_second_factor else say("no")).in_language(lang),
                    moment(one.credential.changed_at if one.credential else None),
                    moment(one.account.since),
                    one.account.made_by,
                )
                for one in every
            ],
        )
    session.terminal.tell(say("{count} accounts.", count=len(every)))


def lock(context: typer.Context, name: str = _NAME, because: str = _WHY, by: str = _AS) -> None:
    """Lock an account until it is unlocked; its sessions end at once."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _acts(session, parts, by).lock(name, because, now())
    session.terminal.tell(say("The account of {person} is locked.", person=name))


def unlock(context: typer.Context, name: str = _NAME, because: str = _WHY, by: str = _AS) -> None:
    """Unlock an account, also one that failures locked."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _acts(session, parts, by).unlock(name, because, now())
    session.terminal.tell(say("The account of {person} is open again.", person=name))


def reset(
    context: typer.Context,
    name: str = _NAME,
    because: str = _WHY,
    factor: bool = typer.Option(
        False,
        "--second-factor",
        help="Take the second factor away instead (security administrator).",
    ),
    by: str = _AS,
) -> None:
    """Give a new one-time password; the second factor stays. Or take a lost second factor away."""
    session: Session = context.obj
    with session.open_parts() as parts:
        acts = _acts(session, parts, by)
        given = None if factor else acts.reset(name, because, now())
        if factor:
            acts.take_factor_away(name, because, now())
    if given is not None:
        _tell_password(session, name, given)
    else:
        session.terminal.tell(
            say("{person} has no second factor now and must enrol another.", person=name)
        )


def end(context: typer.Context, name: str = _NAME, because: str = _WHY, by: str = _AS) -> None:
    """End an account; the record stays, the person's appointments are ended with staff end."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _acts(session, parts, by).end(name, because, now())
    session.terminal.tell(say("The account of {person} is ended.", person=name))


def password(context: typer.Context, name: str = _NAME) -> None:
    """Change one's own password."""
    session: Session = context.obj
    with open_parts(session.workspace) as parts:
        accounts = Accounts(parts)
        old = hidden(session, say("Present password"))
        token = logged_in(session, accounts, name, old).token
        new = hidden(session, say("New password"))
        accounts.log_out(accounts.change_password(token, old, new, now()).token, now())
    session.terminal.tell(say("The password of {person} is changed.", person=name))


def second_factor(context: typer.Context, name: str = _NAME) -> None:
    """Enrol an authenticator app as one's own second factor."""
    session: Session = context.obj
    with open_parts(session.workspace) as parts:
        accounts = Accounts(parts)
        given = hidden(session, say("Present password"))
        token = logged_in(session, accounts, name, given).token
        offered = accounts.offer_second_factor(token, now())
        session.terminal.tell(
            say(
                "Enter this in your authenticator app: {seed} ({uri})",
                seed=offered.seed,
                uri=offered.uri,
            )
        )
        code = session.terminal.ask(say("The code it shows: ")) or ""
        accounts.log_out(accounts.take_second_factor(token, code, now()).token, now())
    session.terminal.tell(say("{person} has a second factor from now on.", person=name))


def _tell_password(session: Session, name: str, given: str) -> None:
    session.terminal.tell(
        say(
            "One-time password of {person}: {password} – it is shown this once and must be changed at the "
            "first log-in.",
            person=name,
            password=given,
        )
    )


def _acts(session: Session, parts: Parts, by: str | None) -> AccountActs:
    return AccountActs(Guard.at_word(parts, session.acting(by)))

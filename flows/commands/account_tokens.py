"""Machines' tokens: made, listed and ended by the security administrator."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from flows.access import Guard
from flows.commands.session import Session, parsed_day
from flows.machine_tokens import TokenDesk
from flows.parts import Parts
from flows.terminal import moment
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say

_AS = typer.Option(None, "--as", metavar="NAME", help="The security administrator (this account).")


def add_tokens(account: typer.Typer) -> None:
    """Add account token add, list and end."""
    token = typer.Typer(help="Tokens by which machines use the API.", no_args_is_help=True)
    token.command("add")(add)
    token.command("list")(list_tokens)
    token.command("end")(end)
    account.add_typer(token, name="token")


def add(
    context: typer.Context,
    name: str = typer.Argument(help="The person whose account it acts for."),
    machine: str = typer.Option(..., "--machine", help="What uses it: “scan server 3301”."),
    acts: list[str] = typer.Option(..., "--for", metavar="ACT", help="An act; may be repeated."),
    until: str = typer.Option(..., "--until", help="Its last day."),
    by: str = _AS,
) -> None:
    """Make a token for a machine and show it, this once."""
    session: Session = context.obj
    with session.open_parts() as parts:
        wanted, last = [_act(one) for one in acts], parsed_day(until)
        given = _desk(session, parts, by).make(name, machine, wanted, last, datetime.now(UTC))
    session.terminal.tell(
        say("Token of {machine}: {token} – it is shown this once.", machine=machine, token=given)
    )


def list_tokens(context: typer.Context, by: str = _AS) -> None:
    """Show every token, ended ones too: what for, until when."""
    session: Session = context.obj
    now = datetime.now(UTC)
    with session.open_parts() as parts:
        found = _desk(session, parts, by).all()
        names = {one.key: one.person for one in parts.catalog.accounts.all()}
    if found:
        lang = session.terminal.lang
        session.terminal.table(
            say("Tokens"),
            (say("Token"), say("Machine"), say("Person"), say("Acts"), say("Until"), say("State")),
            [
                (
                    one.id,
                    one.machine,
                    names.get(one.person_key, "–"),
                    ", ".join(sorted(one.acts)),
                    moment(one.until),
                    (say("in force") if one.is_live(now) else say("ended")).in_language(lang),
                )
                for one in found
            ],
        )
    session.terminal.tell(say("{count} tokens.", count=len(found)))


def end(
    context: typer.Context,
    token: str = typer.Argument(help="As “account token list” names it."),
    because: str = typer.Option(..., "--because", help="Why, for the record."),
    by: str = _AS,
) -> None:
    """End a token at once."""
    session: Session = context.obj
    with session.open_parts() as parts:
        _desk(session, parts, by).end(token, because, datetime.now(UTC))
    session.terminal.tell(say("The token {id} is ended.", id=token))


def _desk(session: Session, parts: Parts, by: str | None) -> TokenDesk:
    return TokenDesk(Guard.at_word(parts, session.acting(by)))


def _act(word: str) -> Act:
    try:
        return Act(word)
    except ValueError as error:
        raise UserError(
            say("There is no act {act}; see “paperproof access matrix”.", act=word)
        ) from error

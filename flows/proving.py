"""Who acts at a command line where people log in; a name that is not proved is refused, and logged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from flows.accounts import Accounts
from flows.parts import Parts, open_parts
from flows.settings import private_folder
from flows.token_file import TokenFile
from pipeline.access.actor import Actor, service
from pipeline.access.policy import Because, NotAllowed
from pipeline.errors import UserError
from pipeline.language import Message, say


def proved(folder: Path, account: str) -> Actor:
    """Return who logged in, else the service that ``account`` is; raises UserError when it is nobody.

    While there are no accounts nobody could log in: names are taken at their word until the first are made.
    """
    with open_parts(folder) as parts:
        token = token_file(folder).read()
        actor = _logged_in(parts, token) if token else None
        if actor is not None:
            return actor
        if account in parts.settings.access.services:
            return Actor(service(account), bound=True)
        if not parts.catalog.accounts.all():
            return Actor(account)
    raise UserError(
        say(
            "Nobody is logged in here, or the log-in has ended; log in with “paperproof login --as NAME” and "
            "run the command again."
        )
    )


def refuse_name(folder: Path, actor: Actor, claimed: str) -> NoReturn:
    """Refuse, and log, that somebody acts under another's name."""
    session = {"session": actor.proven.session} if actor.proven else {}
    with (
        open_parts(folder) as parts,
        parts.catalog.staff.refusals_logged(actor.name, "session.act_as", claimed, **session),
    ):
        raise NotAllowed(
            say(
                "You are logged in as {person} and cannot act as {other}; leave --as out.",
                person=actor.name,
                other=claimed,
            ),
            Because.LOG_IN,
        )


def token_file(folder: Path) -> TokenFile:
    """Where this person's log-in to a workspace lies."""
    return TokenFile.of(private_folder(), folder)


def _logged_in(parts: Parts, token: str) -> Actor | None:
    session = Accounts(parts).session_of(token, datetime.now(UTC))
    if session is None or session.needs_second_factor:
        return None
    if session.must_change:
        raise UserError(must_change(session.person.name))
    return Actor(session.person.name, session.person, bound=True)


def must_change(person: str) -> Message:
    """What somebody is told whose password is too old, or was given to them."""
    return say(
        "Your password has to be changed first; do so with “paperproof account password {person}”, then "
        "log in.",
        person=person,
    )

"""What every command needs: which workspace, and how to speak."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flows.settings import SETTINGS_NAME, load_settings
from flows.terminal import Terminal
from pipeline.access.actor import Actor
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import checked_person, person_key

if TYPE_CHECKING:
    from flows.parts import Parts

_BRANCH = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,31}")


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    workspace: Path
    terminal: Terminal
    named_language: str | None = None
    """The language asked for on the command line; None when it was taken from the surroundings."""

    @cached_property
    def actor(self) -> Actor:
        """Who acts in this call; raises UserError where people log in and nobody did."""
        account = system_account()
        if not (self.workspace / SETTINGS_NAME).exists():
            return Actor(account)
        if load_settings(self.workspace).access.command_line == "word":
            return Actor(account)
        from flows.proving import proved  # the catalog takes its time to load

        return proved(self.workspace, account)

    def acting(self, name: str | None) -> str:
        """The person who acts: as named with --as, else whoever calls.

        Raises UserError when it is no name, or another's than that of who logged in.
        """
        if name is None:
            return checked_person(self.actor.name)
        claimed = checked_person(name)
        if not self.actor.bound:
            return claimed
        if person_key(claimed) != person_key(self.actor.name):
            from flows.proving import refuse_name  # as above

            refuse_name(self.workspace, self.actor, claimed)
        return self.actor.name

    def person(self) -> str:
        """Whoever calls, for the log."""
        return self.actor.name

    @contextmanager
    def open_parts(self, *, reading: bool = False) -> Iterator[Parts]:
        """Open the workspace for who acts; raises UserError when there is none, or nobody may."""
        from flows.parts import open_parts  # as above

        proven = self.actor.proven
        with open_parts(self.workspace, reading=reading) as parts:
            yield replace(parts, proven=proven)


def parsed_day(text: str | None) -> date:
    """Return the day of "2026-11-19" or "20261119"; today in Shanghai when none is named."""
    if text is None:
        return datetime.now(ZONE).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(say("{text} is not a day; write it like 2026-11-19.", text=text)) from error


def checked_branch(branch: str) -> str:
    """Return a branch number; raises UserError when it cannot be one (CG-02)."""
    if not _BRANCH.fullmatch(branch):
        raise UserError(
            say(
                "“{branch}” cannot be a branch number; use letters, digits, - and _ only.",
                branch=branch,
            )
        )
    return branch


def said(text: str, wanting: Message) -> str:
    """Return what was said; raises UserError when that is nothing, or cannot be shown."""
    told = text.strip()
    if not told or not told.isprintable():
        raise UserError(wanting)
    return told


def system_account() -> str:
    """The system's account that runs the command; not what LOGNAME says, which anybody may set."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return "unknown"

"""What every command needs: which workspace, and how to speak."""

from __future__ import annotations

import getpass
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flows.terminal import Terminal
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import checked_person

_BRANCH = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,31}")


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    workspace: Path
    terminal: Terminal
    named_language: str | None = None
    """The language asked for on the command line; None when it was taken from the surroundings."""


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


def acting(name: str | None) -> str:
    """The person who acts: as named with --as, else the account; raises UserError when it is no name."""
    return checked_person(person() if name is None else name)


def said(text: str, wanting: Message) -> str:
    """Return what was said; raises UserError when that is nothing, or cannot be shown."""
    told = text.strip()
    if not told or not told.isprintable():
        raise UserError(wanting)
    return told


def person() -> str:
    """The account that runs the command, for the log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

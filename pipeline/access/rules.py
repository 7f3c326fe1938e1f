"""How long passwords, sessions and locks last: the settings ``[access]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from pipeline.staff import Role

_Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class AccessRules:
    """What logging in asks for (GB/T 22239-2019 8.1.4.1, OWASP ASVS 5.0 chapters 6 and 7)."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    password_length: Annotated[int, Field(ge=8, le=64)] = 12
    """Signs that a password has at least."""
    password_days: Annotated[int, Field(ge=0)] = 90
    """How old a password may become; 0: as old as it likes. GB/T 22239-2019 8.1.4.1 a asks for a change from
    time to time, ASVS 6.2.10 advises against one: on by default, as the rule that binds here says."""
    first_password_hours: _Count = 72
    """How long a one-time password may wait for its first use (ASVS 6.4.1)."""
    failures: _Count = 5
    """Failures in a row after which an account is locked (8.1.4.1 b)."""
    lock_minutes: _Count = 15
    """So long it is locked, and so far apart failures may lie to count together."""
    idle_minutes: _Count = 15
    """A session without a request for so long has ended."""
    session_hours: _Count = 8
    """A session ends after so long in any case."""
    approvers: tuple[Role, ...] = (Role.HEADQUARTERS, Role.COMPLIANCE)
    """Who decides on access requests (CG-19b: 营运负责人或合规主管), of those the table of acts lets."""
    request_days: _Count = 30
    """So long an access request may open anything at most."""
    views_a_day: _Count = 200
    """More viewings of one person on one day stand out (CG-19h); chosen, to be set by usual days."""
    step_up_minutes: _Count = 15
    """So long a second factor counts for acts that ask for one (ASVS 7.5.3)."""
    command_line: Literal["word", "login"] = "word"
    """Whether the command line takes names at their word, or people log in there as they do in the web."""
    services: tuple[str, ...] = ()
    """The system's accounts that act there without logging in, as "service:NAME": those of timers alone."""

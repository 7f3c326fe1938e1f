"""Who acts at the command line: somebody at their word, a person who logged in, or a service."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.access.policy import Person


@dataclass(frozen=True)
class Actor:
    """Under which name a call of the command line acts."""

    name: str
    proven: Person | None = None
    """Whoever logged in, with the session; None: at their word, or a service."""
    bound: bool = False
    """No other name may be taken with --as."""


def service(account: str) -> str:
    """What a system's account is called that acts by itself; it is appointed under this name."""
    return f"service:{account}"

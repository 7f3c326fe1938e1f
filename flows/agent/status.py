"""What an agent tells at its station: what waits, what was sent, what became of it, and what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.agent.ledger import Entry, Ledger, State
from flows.agent.rounds import Agent, Round


@dataclass(frozen=True)
class AgentStatus:
    """A station's files and its line."""

    counts: Counter[State]
    """Files by state; archived and refused ones of the last days."""
    byte_count: int
    """Of the files that headquarters has not archived yet."""
    oldest_seconds: float
    refused: tuple[Entry, ...]
    last: dict[str, Any]
    """What the last round left, see ``keep_round``."""

    @property
    def debt(self) -> int:
        """Files that headquarters has not archived yet."""
        return self.counts[State.WAITING] + self.counts[State.SENT]

    @property
    def is_clear(self) -> bool:
        """Whether the agent has worked here, nothing waits and nothing is wrong."""
        wrong = self.debt or self.last.get("left") or self.last.get("trouble")
        return bool(self.last) and not wrong


def keep_round(agent: Agent, done: Round) -> None:
    """Keep what a round came to, for status."""
    agent.ledger.tell(
        {
            "at": agent.now().isoformat(),
            "trouble": _both(done.trouble) if done.trouble else None,
            "left": {name: _both(why) for name, why in done.left.items()},
            "skew_seconds": agent.skew.total_seconds(),
            "shared": agent.shared,
        }
    )


def agent_status(ledger: Ledger, now: datetime) -> AgentStatus:
    """Look at an agent's folder; the agent may be at work."""
    waiting, ended = ledger.open(), ledger.ended()
    ages = [(now - one.noted_at).total_seconds() for one in waiting]
    return AgentStatus(
        Counter(one.state for one in (*waiting, *ended)),
        sum(one.byte_count for one in waiting),
        max(0.0, 0.0, *ages),
        tuple(one for one in ended if one.state is State.REFUSED),
        ledger.told(),
    )


def as_json(found: AgentStatus, lang: str) -> dict[str, Any]:
    """Return the status as JSON-ready values; sentences are in ``lang``."""
    last = found.last
    trouble = last.get("trouble")
    return {
        **{str(state): found.counts[state] for state in State},
        "debt": {
            "files": found.debt,
            "bytes": found.byte_count,
            "oldest_seconds": round(found.oldest_seconds),
        },
        "refusals": [
            {"name": one.name, "sha256": one.sha256, "day": str(one.day), "reason": one.reason}
            for one in found.refused
        ],
        "left": {name: why[lang] for name, why in last.get("left", {}).items()},
        "trouble": trouble[lang] if trouble else None,
        "last_round": last.get("at"),
        "clock_ahead_seconds": last.get("skew_seconds"),
        "another_agent": last.get("shared", False),
    }


def _both(message: Any) -> dict[str, str]:
    return {lang: message.in_language(lang) for lang in ("zh", "en")}

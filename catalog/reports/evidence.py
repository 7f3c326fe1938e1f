"""The page of an evidence pack that people read: everything about one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.dossier import Dossier
from catalog.log import LogEntry
from catalog.reports.html import render
from catalog.reports.storage import STATES
from catalog.reports.wording import FIELDS, HOW, VERDICTS
from pipeline.clocks import ZONE
from pipeline.copies import PLACES, size
from pipeline.digital import ORIGINS
from pipeline.language import Message
from pipeline.tasks.states import ACTS


@dataclass(frozen=True)
class Told:
    """What stands on the page."""

    dossier: Dossier
    entries: Sequence[LogEntry]
    certified: Collection[int]
    """Numbers of the entries that have a certificate in the pack."""
    files: Mapping[str, Sequence[str]]
    """SHA-256 of a page -> its files in the pack."""
    institution: str
    who: str
    purpose: str
    made_at: datetime


def evidence_page(told: Told, lang: str, other: str | None = None) -> str:
    """Write the page; ``other``: the file with the page in the other language."""

    def words(of: Mapping[Any, Message]) -> dict[str, str]:
        return {str(name): message.in_language(lang) for name, message in of.items()}

    return render(
        "evidence.html.j2",
        lang,
        **vars(told),
        spoken=lang,
        other=other,
        fields=words(FIELDS),
        how=words(HOW),
        verdicts=words(VERDICTS),
        acts=words(ACTS),
        places=words(PLACES),
        states=words(STATES),
        origins=words(ORIGINS),
        size=size,
        moment=_moment,
    )


def _moment(at: str | datetime) -> str:
    """A moment in the exchange's time; rows hold it as ISO text in UTC."""
    read = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{read.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"

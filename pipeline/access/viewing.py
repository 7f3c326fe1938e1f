"""What somebody saw of a customer: the record that every showing leaves (CG-19h)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.access.acts import Act
from pipeline.access.requests import Subject


@dataclass(frozen=True)
class Viewing:
    """One showing to one person."""

    person: str
    key: str
    act: Act
    subject: Subject
    purpose: str
    at: datetime
    request: int | None = None
    """The number of the access request that opened it; None: a role alone did."""
    session: str | None = None

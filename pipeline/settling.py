"""Who works on what a closing left to people, and how it was settled.

None of this changes the closing equation: a discrepancy is gone when a closing does not find it any more. It
says whose it is, why it is there and by what proof it counts as settled; what was settled and is still found
by the next closing waits again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.balance import CatalogedPage, Discrepancy, DiscrepancyKind
from pipeline.clocks import Due
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key

_SHORTEST, _LONGEST = 2, 500


class SettlingKind(StrEnum):
    """What people do to it."""

    ASSIGNED = "assigned"
    EXPLAINED = "explained"
    RESOLVED = "resolved"
    TAKEN_BACK = "taken_back"


SETTLING: Mapping[SettlingKind, Message] = {
    SettlingKind.ASSIGNED: say("assigned"),
    SettlingKind.EXPLAINED: say("explained"),
    SettlingKind.RESOLVED: say("settled with proof"),
    SettlingKind.TAKEN_BACK: say("settling taken back"),
}


@dataclass(frozen=True, order=True)
class ItemKey:
    """What tells one discrepancy from another, at whichever closing it is found."""

    day: date
    branch: str
    kind: DiscrepancyKind
    subject: str
    """Serial number; delivery id of the page where there is none; else whose it is, or "-"."""

    @property
    def id(self) -> str:
        """The key as 16 hexadecimal digits, for addresses."""
        return hashlib.sha256(str(self).encode()).hexdigest()[:16]

    @property
    def address(self) -> str:
        """How people name it: branch, day and id."""
        return f"{self.branch}/{self.day.isoformat()}/{self.id}"

    def __str__(self) -> str:
        return f"{self.branch}/{self.day.isoformat()}/{self.kind}/{self.subject}"


def key_of(day: date, found: Discrepancy) -> ItemKey:
    """Return the key of a discrepancy; what is alike in kind and subject is one thing to work on."""
    page = found.pages[0].delivery_id if found.pages else None
    return ItemKey(
        day, found.branch, found.kind, found.serial_no or page or found.owner_name or "-"
    )


class ProofKind(StrEnum):
    """What a settling rests on."""

    PAGE = "page"
    PAPER = "paper"
    NOTE = "note"


PROOFS: Mapping[ProofKind, Message] = {
    ProofKind.PAGE: say("a page"),
    ProofKind.PAPER: say("a paper"),
    ProofKind.NOTE: say("a note"),
}


@dataclass(frozen=True)
class Proof:
    """By what a discrepancy counts as settled (CG-23: evidence and close check)."""

    kind: ProofKind
    reference: str = ""
    """Delivery id of a page; entry of the paper register, or serial number of a paper in store."""


@dataclass(frozen=True)
class SettlingAct:
    """One act on a discrepancy."""

    kind: SettlingKind
    person: str
    text: str
    """To whom it is assigned, the explanation, what the proof shows, or why the settling is taken back."""
    at: datetime
    proof: Proof | None = None
    """Of a settling."""

    def same(self, other: SettlingAct) -> bool:
        """Whether it is the other act once more, as when somebody presses twice."""
        mine, others = (person_key(one.person) for one in (self, other))
        return (mine, self.kind, self.text, self.proof) == (
            others,
            other.kind,
            other.text,
            other.proof,
        )


@dataclass(frozen=True)
class WorkItem:
    """A discrepancy as people work on it."""

    key: ItemKey
    found: tuple[Discrepancy, ...]
    """What the last closing found under the key; one at least."""
    due: Due
    closed_at: datetime
    """When that closing was."""
    acts: tuple[SettlingAct, ...] = ()
    """Oldest first."""

    @property
    def pages(self) -> tuple[CatalogedPage, ...]:
        """Its pages, each once."""
        return tuple({page.delivery_id: page for one in self.found for page in one.pages}.values())

    @property
    def settling(self) -> SettlingAct | None:
        """The settling that was not taken back."""
        return _settling(self.acts)

    @property
    def settled(self) -> bool:
        """Whether it was settled after the closing that found it."""
        return is_settled(self.acts, self.closed_at)

    @property
    def again(self) -> bool:
        """Whether it was settled and a later closing still found it."""
        return self.settling is not None and not self.settled

    @property
    def assigned_to(self) -> str | None:
        """Who works on it."""
        return self._last(SettlingKind.ASSIGNED)

    @property
    def explanation(self) -> str | None:
        """Why it is there, as somebody said last."""
        return self._last(SettlingKind.EXPLAINED)

    @property
    def place(self) -> str:
        """Its place in a list: what is open first, then by when it is due; no two are alike."""
        return f"{int(self.settled)} {self.due.before.isoformat()} {self.key}"

    def is_overdue(self, now: datetime) -> bool:
        """Whether it waits and is past its time."""
        return not self.settled and self.due.delay(now) is not None

    def _last(self, kind: SettlingKind) -> str | None:
        return next((act.text for act in reversed(self.acts) if act.kind is kind), None)


def is_settled(acts: Sequence[SettlingAct], closed_at: datetime) -> bool:
    """Whether the acts on a discrepancy, oldest first, settled it after the last closing."""
    settling = _settling(acts)
    return settling is not None and settling.at > closed_at


def _settling(acts: Sequence[SettlingAct]) -> SettlingAct | None:
    decisive = (SettlingKind.RESOLVED, SettlingKind.TAKEN_BACK)
    last = next((act for act in reversed(acts) if act.kind in decisive), None)
    return last if last and last.kind is SettlingKind.RESOLVED else None


def matters(day: date, found: Iterable[Discrepancy]) -> Mapping[ItemKey, list[Discrepancy]]:
    """Group what a closing found into the things to work on."""
    grouped: dict[ItemKey, list[Discrepancy]] = {}
    for one in found:
        grouped.setdefault(key_of(day, one), []).append(one)
    return grouped


def is_done(acts: Sequence[SettlingAct], act: SettlingAct, seen: int) -> bool:
    """Whether an act of a person who saw the first ``seen`` acts is entered already."""
    return len(acts) > seen and acts[seen].same(act)


def must_be_open_to(item: WorkItem, kind: SettlingKind, seen: int) -> None:
    """Raise UserError where somebody was quicker than this person saw, or the act does not fit.

    ``seen``: how many acts the person saw when deciding.
    """
    if len(item.acts) != seen:
        raise somebody_was_quicker(item.acts)
    if kind is SettlingKind.TAKEN_BACK:
        if item.settling is None:
            raise UserError(say("It is not settled; there is nothing to take back."))
    elif item.settled:
        raise UserError(say("It is settled already; take that back first."))


def must_be_another(person: str, concerned: Iterable[str]) -> None:
    """Raise UserError when who settles is one whose work it is about: another looks at it (CG-23)."""
    if person_key(person) in {person_key(one) for one in concerned}:
        raise UserError(
            say("This is about work of {person}; somebody else settles it.", person=person)
        )


def somebody_was_quicker(acts: Sequence[SettlingAct]) -> UserError:
    """Return the error for who decided on what is not so any more, with what the other did."""
    if not acts:
        return UserError(say("Somebody was quicker; look at it again."))
    last = acts[-1]
    return UserError(
        say(
            "{person} was quicker: {what} (“{text}”); look at it again before you do anything.",
            person=last.person,
            what=SETTLING[last.kind],
            text=last.text,
        )
    )


def checked_text(text: str) -> str:
    """Return an explanation or proof with its blanks made one; raises UserError when nothing is said."""
    clean = " ".join(text.split())
    if len(clean) < _SHORTEST or len(clean) > _LONGEST or not clean.isprintable():
        raise UserError(
            say("Write one sentence or a reference, at most {most} signs.", most=_LONGEST)
        )
    return clean

"""Papers handed over from branch to branch (移交): to the customer's own, or where branches merge or split.

What a branch took in for another's customer goes there at least once a year; what is of an earlier year and
not accepted by 31 March is overdue (CG-21b). The receiver accepts or refuses each paper; owner and custody
move with the accepted ones alone, and only once both sides have signed (CG-21e).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from pipeline.archive import Archive, by_customer
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key

PaperName = tuple[str, int]
"""Customer number and line of the registration form."""


class Why(StrEnum):
    """Why papers change hands."""

    OWNER = "owner"
    """Another branch's customer was served here."""
    MERGER = "merger"
    SPLIT = "split"


WHYS: Mapping[Why, Message] = {
    Why.OWNER: say("to the customer's own branch"),
    Why.MERGER: say("the branch is merged into another"),
    Why.SPLIT: say("customers go to another branch"),
}


@dataclass(frozen=True)
class ShelvedPaper:
    """One line's papers in store: whose they are, and where."""

    customer_no: str
    line: int
    day: date
    content: str
    serial_no: str | None
    pages: int
    owner: str
    """Branch that the customer belongs to (CG-17.4a)."""
    custody: str
    """Branch in whose store they lie."""

    @property
    def name(self) -> PaperName:
        """What tells it from all others."""
        return self.customer_no, self.line

    @property
    def entry(self) -> str:
        """The entry's number, as it is on the registration form."""
        return f"{self.customer_no}-{self.line:04d}"


class TransferActKind(StrEnum):
    """What is done to a transfer."""

    SIGNED = "signed"
    """The giver's archivist signed the list."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CLOSED = "closed"
    """The receiver's archivist signed: custody has moved."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class TransferAct:
    """One thing done to a transfer."""

    kind: TransferActKind
    person: str
    at: datetime
    papers: tuple[PaperName, ...] = ()
    reason: str = ""


class TransferState(StrEnum):
    """How far a transfer is."""

    LISTED = "listed"
    UNDER_WAY = "under_way"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


STATES: Mapping[TransferState, Message] = {
    TransferState.LISTED: say("listed, not signed"),
    TransferState.UNDER_WAY: say("under way"),
    TransferState.CLOSED: say("signed by both"),
    TransferState.WITHDRAWN: say("withdrawn"),
}


@dataclass(frozen=True)
class Transfer:
    """One hand-over form (交接登记表) between two branches, with everything done to it."""

    no: int
    giver: str
    taker: str
    why: Why
    papers: tuple[ShelvedPaper, ...]
    """In customer order (CG-21d)."""
    person: str
    at: datetime
    acts: tuple[TransferAct, ...] = ()

    @property
    def number(self) -> str:
        """The form's number."""
        return f"JJ-{self.no:06d}"

    @property
    def state(self) -> TransferState:
        """How far it is."""
        kinds = {act.kind for act in self.acts}
        if TransferActKind.WITHDRAWN in kinds:
            return TransferState.WITHDRAWN
        if TransferActKind.CLOSED in kinds:
            return TransferState.CLOSED
        signed = TransferActKind.SIGNED in kinds
        return TransferState.UNDER_WAY if signed else TransferState.LISTED

    @property
    def is_open(self) -> bool:
        """Whether its papers still wait for a decision or a signature."""
        return self.state in (TransferState.LISTED, TransferState.UNDER_WAY)

    @property
    def decided(self) -> Mapping[PaperName, TransferAct]:
        """Paper -> how it was decided."""
        decisions = (TransferActKind.ACCEPTED, TransferActKind.REFUSED)
        return {name: act for act in self.acts if act.kind in decisions for name in act.papers}

    @property
    def accepted(self) -> tuple[ShelvedPaper, ...]:
        """What the receiver accepted."""
        return self._of(TransferActKind.ACCEPTED)

    @property
    def refused(self) -> tuple[ShelvedPaper, ...]:
        """What the receiver refused, each with a reason: it stays with the giver."""
        return self._of(TransferActKind.REFUSED)

    @property
    def waiting(self) -> tuple[ShelvedPaper, ...]:
        """What is not decided yet."""
        decided = self.decided
        return tuple(one for one in self.papers if one.name not in decided)

    def by(self, kind: TransferActKind) -> TransferAct | None:
        """The last act of a kind."""
        return next((act for act in reversed(self.acts) if act.kind is kind), None)

    def with_act(self, act: TransferAct) -> Transfer:
        """Return it with one more act; raises UserError where that cannot be done now."""
        self._must_allow(act)
        return replace(self, acts=(*self.acts, act))

    def _of(self, kind: TransferActKind) -> tuple[ShelvedPaper, ...]:
        decided = self.decided
        return tuple(one for one in self.papers if (d := decided.get(one.name)) and d.kind is kind)

    def _must_allow(self, act: TransferAct) -> None:
        wanted = (
            TransferState.LISTED if act.kind is TransferActKind.SIGNED else TransferState.UNDER_WAY
        )
        if act.kind is TransferActKind.WITHDRAWN:
            wanted = self.state if self.is_open else TransferState.LISTED
        if self.state is not wanted:
            raise UserError(
                say(
                    "Transfer {number} is {state}; this cannot be done to it now.",
                    number=self.number,
                    state=STATES[self.state],
                )
            )
        if act.kind in (TransferActKind.ACCEPTED, TransferActKind.REFUSED, TransferActKind.CLOSED):
            self._must_be_another(act)
        if act.kind is TransferActKind.CLOSED and self.waiting:
            raise UserError(
                say(
                    "{count} papers of transfer {number} are neither accepted nor refused; decide on each, "
                    "then sign.",
                    count=len(self.waiting),
                    number=self.number,
                )
            )
        needs_reason = act.kind in (TransferActKind.REFUSED, TransferActKind.WITHDRAWN)
        if needs_reason and not act.reason.strip():
            raise UserError(say("Say why with --reason; it stands on the form."))
        unknown = set(act.papers) - {one.name for one in self.waiting}
        if unknown:
            raise UserError(
                say(
                    "{entries} is not on transfer {number}, or was decided already.",
                    entries=", ".join(sorted(f"{name}-{line:04d}" for name, line in unknown)),
                    number=self.number,
                )
            )

    def _must_be_another(self, act: TransferAct) -> None:
        signed = self.by(TransferActKind.SIGNED)
        if signed is not None and person_key(signed.person) == person_key(act.person):
            raise UserError(
                say(
                    "{person} handed over transfer {number}; somebody of branch {branch} receives it.",
                    person=act.person,
                    number=self.number,
                    branch=self.taker,
                )
            )


def shelved(archives: Iterable[Archive], transfers: Iterable[Transfer]) -> tuple[ShelvedPaper, ...]:
    """Give every paper in store with its owner and custody, in customer order.

    Owner: the branch of the customer's archive, and after a merger or split the branch that accepted the
    paper. Custody: the branch that took it in, and after a transfer the branch that accepted it.
    """
    custody: dict[PaperName, str] = {}
    owners: dict[PaperName, str] = {}
    for one in transfers:
        if one.state is not TransferState.CLOSED:
            continue
        moved = dict.fromkeys((paper.name for paper in one.accepted), one.taker)
        custody |= moved
        if one.why is not Why.OWNER:
            owners |= moved
    return tuple(
        ShelvedPaper(
            archive.customer_no,
            line.number,
            line.day,
            line.content,
            line.serial_no,
            line.pages,
            owners.get((archive.customer_no, line.number), archive.branch),
            custody.get((archive.customer_no, line.number), line.branch),
        )
        for archive in sorted(archives, key=lambda each: by_customer(each.customer_no))
        for line in archive.in_store
    )


def free(papers: Iterable[ShelvedPaper], transfers: Iterable[Transfer]) -> list[ShelvedPaper]:
    """Give the papers that are on no open transfer."""
    taken = {paper.name for one in transfers if one.is_open for paper in one.papers}
    return [one for one in papers if one.name not in taken]


def to_owners(
    papers: Iterable[ShelvedPaper],
) -> Mapping[tuple[str, str], Sequence[ShelvedPaper]]:
    """Give (from, to) -> the papers that lie with another branch than their customer's (CG-21a)."""
    found: dict[tuple[str, str], list[ShelvedPaper]] = {}
    for one in papers:
        if one.custody != one.owner:
            found.setdefault((one.custody, one.owner), []).append(one)
    return {pair: found[pair] for pair in sorted(found)}


def overdue(
    papers: Iterable[ShelvedPaper], today: date, by: tuple[int, int]
) -> tuple[ShelvedPaper, ...]:
    """Give the papers that should have been handed over by ``by`` (month, day) of this year (CG-21b)."""
    first_in_time = today.year if today > date(today.year, *by) else today.year - 1
    return tuple(one for one in papers if one.custody != one.owner and one.day.year < first_in_time)

"""Papers handed over from branch to branch (移交): to the customer's own, or where branches merge or split.

What a branch took in for another's customer goes there at least once a year; what is of an earlier year and
not accepted by 31 March is overdue (CG-21b). The receiver accepts or refuses each paper; owner and custody
move with the accepted ones alone, and only once both sides have signed (CG-21e).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

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


@dataclass(frozen=True)
class ListedArchive:
    """A customer's archive that goes to another branch with its bag, be there papers in it or none."""

    customer_no: str
    bag: str


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
    counted: tuple[int, int] | None = None
    """Bags with papers, and papers, that the receiver counted where branches merge or split."""


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
    archives: tuple[ListedArchive, ...] = ()
    """In customer order; none where papers go to their customer's own branch."""

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
    def going(self) -> tuple[ListedArchive, ...]:
        """The archives that go: a bag goes with the first of its papers that is accepted, or empty."""
        listed = {paper.customer_no for paper in self.papers}
        accepted = {paper.customer_no for paper in self.accepted}
        return tuple(one for one in self.archives if one.customer_no not in listed - accepted)

    @property
    def bags(self) -> tuple[ListedArchive, ...]:
        """Those of them that come as a bag with papers in it: what the receiver counts."""
        accepted = {paper.customer_no for paper in self.accepted}
        return tuple(one for one in self.archives if one.customer_no in accepted)

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
        if act.kind is TransferActKind.CLOSED:
            self._must_be_counted(act)
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

    def _must_be_counted(self, act: TransferAct) -> None:
        """Raise UserError unless bags and papers were counted on receipt and agree (CG-21e)."""
        if self.why is Why.OWNER:
            return
        if act.counted is None:
            raise UserError(
                say(
                    "Count what came with transfer {number}, and sign with --bags and --papers.",
                    number=self.number,
                )
            )
        if act.counted != (len(self.bags), len(self.accepted)):
            raise UserError(
                say(
                    "Transfer {number}: {bags} bags and {papers} papers were counted, {accepted} papers in "
                    "{filled} bags are accepted; count again, have what is missing found, or have the "
                    "transfer withdrawn and listed anew.",
                    number=self.number,
                    bags=act.counted[0],
                    papers=act.counted[1],
                    filled=len(self.bags),
                    accepted=len(self.accepted),
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

"""What people do to discrepancies, at the site and the command line: assign, explain, settle, take back.

The closing equation stays as it is: a discrepancy is gone when a closing does not find it any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flows.parts import Parts
from flows.worklist import workers
from pipeline.errors import UserError
from pipeline.handover import ItemState
from pipeline.language import say
from pipeline.settling import (
    ItemKey,
    Proof,
    ProofKind,
    SettlingAct,
    SettlingKind,
    WorkItem,
    checked_text,
    is_done,
    must_be_another,
    must_be_open_to,
)
from pipeline.staff import checked_person, in_force, person_key


@dataclass(frozen=True)
class Settling:
    """What one person does to discrepancies; ``seen``: how many acts on it the person saw when deciding."""

    parts: Parts
    person: str
    session: str | None = None

    def assign(self, item: WorkItem, to: str, seen: int, at: datetime) -> None:
        """Give it to a person; raises UserError when that one does not work on the branch's discrepancies."""
        name = self._worker(to, item.key.branch)
        if name is None:
            raise UserError(
                say(
                    "{person} does not work on discrepancies of branch {branch}; choose from the list.",
                    person=to[:80],
                    branch=item.key.branch,
                )
            )
        self._enter(item, SettlingAct(SettlingKind.ASSIGNED, self.person, name, at), seen)

    def explain(self, item: WorkItem, sentence: str, seen: int, at: datetime) -> None:
        """Say why it is there; raises UserError when nothing is said or it is settled."""
        text = checked_text(sentence)
        self._enter(item, SettlingAct(SettlingKind.EXPLAINED, self.person, text, at), seen)

    def resolve(
        self, item: WorkItem, kind: ProofKind, reference: str, note: str, seen: int, at: datetime
    ) -> None:
        """Settle it by a proof: a page or a paper that is there, or a note.

        Raises UserError when there is no such page or paper, nothing is said, somebody else was quicker, or
        the person's own work is concerned.
        """
        must_be_another(self.person, self._concerned(item))
        proof = Proof(kind, _checked_reference(self.parts, item.key, kind, reference.strip()))
        act = SettlingAct(SettlingKind.RESOLVED, self.person, checked_text(note), at, proof)
        self._enter(item, act, seen)

    def take_back(self, item: WorkItem, why: str, seen: int, at: datetime) -> None:
        """Let it wait again; raises UserError when it is not settled."""
        text = checked_text(why)
        self._enter(item, SettlingAct(SettlingKind.TAKEN_BACK, self.person, text, at), seen)

    def _worker(self, to: str, branch: str) -> str | None:
        """The person as registered; while no register is in force, whoever is named."""
        if not in_force(self.parts.catalog.staff.in_effect()):
            return checked_person(to)
        known = {person_key(name): name for name in workers(self.parts, branch)}
        return known.get(person_key(to))

    def _enter(self, item: WorkItem, act: SettlingAct, seen: int) -> None:
        if is_done(item.acts, act, seen):
            return
        must_be_open_to(item, act.kind, seen)
        self.parts.catalog.discrepancy_acts.enter(item.key, act, seen, self.session)

    def _concerned(self, item: WorkItem) -> Iterator[str]:
        """Whose work it is about: who is named as its owner, and who scanned its pages."""
        yield from (one.owner_name for one in item.found if one.owner_name)
        arrived = (self.parts.catalog.arrivals.one(page.delivery_id) for page in item.pages)
        yield from (one.operator for one in arrived if one)


def _checked_reference(parts: Parts, key: ItemKey, kind: ProofKind, reference: str) -> str:
    if kind is ProofKind.PAGE:
        return _page(parts, key, reference)
    if kind is ProofKind.PAPER:
        return _paper(parts, key, reference)
    return ""


def _page(parts: Parts, key: ItemKey, reference: str) -> str:
    """The delivery id of a page of the branch's day that is named by file, SHA-256 or delivery id."""
    named = [
        page.delivery_id
        for page in parts.catalog.pages.of_day(key.day, key.branch)
        if reference in (page.name, page.page_id, page.delivery_id)
    ]
    if len(named) == 1:
        return named[0]
    words = {"page": reference[:80], "branch": key.branch, "day": key.day}
    if named:
        raise UserError(
            say(
                "{count} pages of branch {branch}, {day} are called “{page}”; name one by its SHA-256.",
                count=len(named),
                **words,
            )
        )
    raise UserError(
        say(
            "Branch {branch} has no page “{page}” on {day}; name it by its file or its SHA-256.",
            **words,
        )
    )


def _paper(parts: Parts, key: ItemKey, reference: str) -> str:
    """An entry of the branch's day in the paper register, or the serial number of a paper in store."""
    entries = {
        str(one.no) for one in parts.catalog.papers.entries(key.day, key.branch) if not one.undone
    }
    in_store = {
        item.serial_no
        for one in parts.catalog.handovers.all(key.day, key.branch)
        for item in one.of(ItemState.IN_STORE)
    }
    if reference in entries | in_store:
        return reference
    raise UserError(
        say(
            "Branch {branch} has no paper “{paper}” on {day}; name its entry of the paper register, or the "
            "serial number of a paper that is in store.",
            paper=reference[:80],
            branch=key.branch,
            day=key.day,
        )
    )

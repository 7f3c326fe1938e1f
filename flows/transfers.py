"""Papers listed for another branch, and what may be done to the list by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.shelved_papers import free, shelved, to_owners
from pipeline.transfer import (
    ListedArchive,
    PaperName,
    Transfer,
    TransferAct,
    TransferActKind,
    Why,
)


@dataclass(frozen=True)
class TransferDesk:
    """What one person may do with transfers; every act stands in the catalog and its log."""

    parts: Parts
    person: str

    def collect(self, branch: str | None = None) -> tuple[Transfer, ...]:
        """List what lies with a branch (None: with any) for customers of others, a list for each pair."""
        made, catalog = [], self.parts.catalog
        merged, archives, transfers = (
            catalog.branches.successions(),
            catalog.archives.all(),
            catalog.transfers.all(),
        )
        papers_free = free(shelved(archives, transfers, merged), transfers)
        for (giver, taker), papers in to_owners(papers_free, merged).items():
            if branch in (None, giver):
                self._guard(Act.TRANSFER_GIVE, giver)
                catalog.branches.require(taker)
                named = {one.customer_no for one in papers}
                left = [  # what was refused when the branch was merged: the bag still goes
                    ListedArchive(one.customer_no, one.bag)
                    for one in archives
                    if one.customer_no in named and merged.heir(one.branch) != one.branch
                ]
                made.append(
                    catalog.transfers.make(giver, taker, Why.OWNER, papers, self.person, left)
                )
        return tuple(made)

    def sign(self, no: int) -> Transfer:
        """Sign a list as its giver; only then it is on its way."""
        one = self.parts.catalog.transfers.one(no)
        self._guard(Act.TRANSFER_GIVE, one.giver)
        self._must_stand(one)
        return self._act(no, TransferActKind.SIGNED)

    def accept(self, no: int, papers: Sequence[PaperName] = ()) -> Transfer:
        """Accept papers of a transfer as its receiver; none named: all that wait."""
        return self._decide(no, TransferActKind.ACCEPTED, papers, "")

    def refuse(self, no: int, papers: Sequence[PaperName], reason: str) -> Transfer:
        """Refuse papers with a reason: they stay with the giver."""
        return self._decide(no, TransferActKind.REFUSED, papers, reason)

    def close(self, no: int, counted: tuple[int, int] | None = None) -> Transfer:
        """Sign as the receiver: the accepted papers are now in this branch's custody.

        ``counted``: bags and papers, where branches merge or split.
        """
        one = self.parts.catalog.transfers.one(no)
        self._guard(Act.TRANSFER_RECEIVE, one.taker)
        self._must_stand(one)
        return self._act(no, TransferActKind.CLOSED, counted=counted)

    def withdraw(self, no: int, reason: str) -> Transfer:
        """Withdraw a transfer that is not closed; its papers stay where they lie and can be listed anew."""
        self._guard(Act.TRANSFER_ORDER, None)
        return self._act(no, TransferActKind.WITHDRAWN, reason=reason)

    def _decide(
        self, no: int, kind: TransferActKind, papers: Sequence[PaperName], reason: str
    ) -> Transfer:
        one = self.parts.catalog.transfers.one(no)
        self._guard(Act.TRANSFER_RECEIVE, one.taker)
        self._must_stand(one)
        named = tuple(papers) or tuple(paper.name for paper in one.waiting)
        return self._act(no, kind, named, reason)

    def _act(
        self,
        no: int,
        kind: TransferActKind,
        papers: tuple[PaperName, ...] = (),
        reason: str = "",
        counted: tuple[int, int] | None = None,
    ) -> Transfer:
        act = TransferAct(kind, self.person, datetime.now(UTC), papers, reason.strip(), counted)
        return self.parts.catalog.transfers.act(no, act)

    def _guard(self, act: Act, branch: str | None) -> None:
        Guard.at_word(self.parts, self.person).require(act, branch)

    def _must_stand(self, one: Transfer) -> None:
        """Raise UserError where the receiving branch was ended in the middle: it takes nothing more."""
        try:
            self.parts.catalog.branches.require(one.taker)
        except UserError as error:
            raise UserError(
                say(
                    "Branch {branch} was ended; have headquarters withdraw transfer {number} and list the "
                    "papers for its successor.",
                    branch=one.taker,
                    number=one.number,
                )
            ) from error

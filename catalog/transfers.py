"""The register of papers handed over between branches: forms, decisions, signatures (CG-21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.log import append
from catalog.shelf import hand_on, of_branch
from catalog.staff import end_at
from catalog.tables import transfer, transfer_act, transfer_archive, transfer_paper
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.shelf import ContainerKind
from pipeline.transfer import (
    ListedArchive,
    ShelvedPaper,
    Transfer,
    TransferAct,
    TransferActKind,
    Why,
)


class Transfers:
    """Keeps transfers; each act with its log line in one transaction, nothing is ever changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Transfer, ...]:
        """Give all transfers in their order."""
        with self._engine.connect() as connection:
            return _read(connection)

    def one(self, no: int) -> Transfer:
        """Give a transfer; raises UserError when there is none of that number."""
        with self._engine.connect() as connection:
            return _one(connection, no)

    def make(
        self,
        giver: str,
        taker: str,
        why: Why,
        papers: Sequence[ShelvedPaper],
        by: str,
        archives: Sequence[ListedArchive] = (),
    ) -> Transfer:
        """Enter a list; raises UserError where one of the papers came on another open one meanwhile."""
        with self._engine.begin() as connection:
            no = enter(connection, giver, taker, why, papers, by, archives)
        return self.one(no)

    def act(self, no: int, act: TransferAct) -> Transfer:
        """Enter an act, judged by how the transfer stands now; raises UserError where it cannot be done."""
        try:
            with self._engine.begin() as connection:
                before = _one(connection, no)
                done = before.with_act(act)
                values = {
                    "transfer_no": no,
                    "act_no": len(done.acts),
                    "kind": str(act.kind),
                    "papers": [list(name) for name in act.papers],
                    "reason": act.reason,
                    "person": act.person,
                    "at": act.at,
                }
                connection.execute(insert(transfer_act).values(values))
                told: dict[str, Any] = {"papers": len(act.papers)} if act.papers else {}
                if act.counted is not None:
                    told = dict(zip(("bags", "papers"), act.counted, strict=True))
                append(connection, act.person, f"transfer.{act.kind}", done.number, **told)
                if act.kind is TransferActKind.CLOSED:
                    _hand_on(connection, done, act)
        except IntegrityError as error:
            raise UserError(
                say("Somebody else worked on transfer {number} meanwhile; look again.", number=no)
            ) from error
        return done


def enter(
    connection: Connection,
    giver: str,
    taker: str,
    why: Why,
    papers: Sequence[ShelvedPaper],
    by: str,
    archives: Sequence[ListedArchive],
) -> int:
    """Enter a list in the caller's transaction; gives its number, raises UserError as ``Transfers.make``."""
    still_open = [one for one in _read(connection) if one.is_open]
    listed = {one.name for each in still_open for one in each.papers}
    bags = {one.bag for each in still_open for one in each.archives}
    if listed & {one.name for one in papers} or bags & {one.bag for one in archives}:
        raise UserError(say("Somebody else listed these papers meanwhile; look again."))
    no = (connection.execute(select(func.max(transfer.c.no))).scalar() or 0) + 1
    row = {"no": no, "giver": giver, "taker": taker, "why": str(why)}
    connection.execute(insert(transfer).values(**row, person=by, at=datetime.now(UTC)))
    if papers:
        connection.execute(insert(transfer_paper), [_row(no, one) for one in papers])
    if archives:
        rows = [{"transfer_no": no, **vars(one)} for one in archives]
        connection.execute(insert(transfer_archive), rows)
    counts = {"papers": len(papers)} | ({"archives": len(archives)} if archives else {})
    told: dict[str, Any] = {"why": str(why), **counts, "branches": [giver, taker]}
    append(connection, by, "transfer.list", f"JJ-{no:06d}", **told)
    return no


def _hand_on(connection: Connection, done: Transfer, act: TransferAct) -> None:
    """Have bags and, where the branch merges, its other containers and last people follow the papers."""
    going = {one.bag for one in done.going}
    if done.why is Why.MERGER:
        own = of_branch(connection, done.giver)
        going |= {one.number for one in own if one.kind is not ContainerKind.BAG}
        end_at(connection, done.giver, act.person)
    if going:
        hand_on(connection, going, done.no, done.taker, act.person, done.number)


def _one(connection: Connection, no: int) -> Transfer:
    for found in _read(connection, no):
        return found
    raise UserError(
        say("There is no transfer {number}; see “paperproof transfer list”.", number=no)
    )


def _read(connection: Connection, no: int | None = None) -> tuple[Transfer, ...]:
    heads = select(transfer).order_by(transfer.c.no)
    papers = select(transfer_paper).order_by(
        func.length(transfer_paper.c.customer_no),
        transfer_paper.c.customer_no,
        transfer_paper.c.line,
    )
    acts = select(transfer_act).order_by(transfer_act.c.act_no)
    if no is not None:
        heads = heads.where(transfer.c.no == no)
        papers = papers.where(transfer_paper.c.transfer_no == no)
        acts = acts.where(transfer_act.c.transfer_no == no)
    archives = select(transfer_archive).order_by(
        func.length(transfer_archive.c.customer_no), transfer_archive.c.customer_no
    )
    if no is not None:
        archives = archives.where(transfer_archive.c.transfer_no == no)
    of_archives: dict[int, list[ListedArchive]] = {}
    for row in connection.execute(archives):
        of_archives.setdefault(row.transfer_no, []).append(ListedArchive(row.customer_no, row.bag))
    of_papers: dict[int, list[ShelvedPaper]] = {}
    for row in connection.execute(papers):
        of_papers.setdefault(row.transfer_no, []).append(_paper(row))
    of_acts: dict[int, list[TransferAct]] = {}
    for row in connection.execute(acts):
        names = tuple((str(customer), int(line)) for customer, line in row.papers)
        act = TransferAct(TransferActKind(row.kind), row.person, row.at, names, row.reason)
        of_acts.setdefault(row.transfer_no, []).append(act)
    return tuple(
        Transfer(
            *(row.no, row.giver, row.taker, Why(row.why), tuple(of_papers.get(row.no, ()))),
            *(row.person, row.at, tuple(of_acts.get(row.no, ()))),
            tuple(of_archives.get(row.no, ())),
        )
        for row in connection.execute(heads)
    )


def _row(no: int, one: ShelvedPaper) -> dict[str, Any]:
    values = dict(vars(one))
    values["business_date"] = values.pop("day")
    return values | {"transfer_no": no}


def _paper(row: Any) -> ShelvedPaper:
    return ShelvedPaper(
        *(row.customer_no, row.line, row.business_date, row.content, row.serial_no, row.pages),
        *(row.owner, row.custody),
    )

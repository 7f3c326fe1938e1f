"""The register of places: rooms, cabinets, boxes, bags and bound volumes, and every move of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.log import append
from catalog.tables import container, container_branch, container_move
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.shelf import Container, ContainerKind, Containers, Move, may_move, numbered


class Shelf:
    """Knows where each container stands, and where it stood."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> Containers:
        """Give all containers by number."""
        with self._engine.connect() as connection:
            return _containers(connection)

    def one(self, number: str) -> Container:
        """Give one container; raises UserError when there is none of this number."""
        return _known(self.all(), number)

    def add(
        self,
        kind: ContainerKind,
        number: str,
        branch: str,
        title: str,
        into: str | None,
        by: str,
    ) -> Container:
        """Enter a room, cabinet or box; raises UserError for a number in use, and as ``may_move`` does."""
        with self._engine.begin() as connection:
            known = _containers(connection)
            if number in known:
                raise UserError(
                    say("The number {number} is in use already; take another.", number=number)
                )
            made = Container(number, kind, branch, title)
            enter(connection, made, by)
            if into is not None:
                may_move(made, _known(known, into))
                _move(connection, number, Move(into, by, datetime.now(UTC), ""))
        return self.one(number)

    def move(self, number: str, into: str | None, reason: str, by: str) -> Container:
        """Enter that a container was moved, None: out of where it was; raises UserError as ``may_move``."""
        with self._engine.begin() as connection:
            known = _containers(connection)
            what = _known(known, number)
            if what.inside == into:
                raise UserError(say("{number} stands there already.", number=number))
            if into is not None:
                may_move(what, _known(known, into))
            _move(connection, number, Move(into, by, datetime.now(UTC), reason))
        return self.one(number)


def numbered_container(
    connection: Connection, kind: ContainerKind, branch: str, title: str, by: str
) -> str:
    """Enter the next bag or volume, and return its number."""
    count = connection.execute(
        select(func.count()).select_from(container).where(container.c.kind == str(kind))
    ).scalar()
    number = numbered(kind, (count or 0) + 1)
    enter(connection, Container(number, kind, branch, title), by)
    return number


def volume_of(connection: Connection, branch: str, title: str, by: str) -> str:
    """Return the number of a branch's bound volume of this title; enter it when there is none."""
    wanted = (
        (container.c.kind == str(ContainerKind.VOLUME))
        & (container.c.branch == branch)
        & (container.c.title == title)
    )
    found = connection.execute(select(container.c.number).where(wanted)).scalar()
    return found or numbered_container(connection, ContainerKind.VOLUME, branch, title, by)


def enter(connection: Connection, made: Container, by: str) -> None:
    """Enter a container that stands nowhere yet."""
    connection.execute(
        insert(container).values(
            number=made.number,
            kind=str(made.kind),
            branch=made.branch,
            title=made.title,
            person=by,
            at=datetime.now(UTC),
        )
    )
    append(connection, by, f"shelf.{made.kind}", made.number, branch=made.branch)


def branches_now(connection: Connection) -> dict[str, str]:
    """Give container -> branch of those that went to another branch than they were entered for."""
    query = select(container_branch).order_by(container_branch.c.transfer_no)
    return {row.number: row.branch for row in connection.execute(query)}


def hand_on(
    connection: Connection, numbers: Iterable[str], transfer_no: int, to: str, by: str, why: str
) -> None:
    """Enter in the caller's transaction whose containers are from now on (CG-21c).

    What stands in something that stays with another branch is taken out of it.
    """
    going, at, known = sorted(numbers), datetime.now(UTC), _containers(connection)
    rows = [
        {"number": one, "transfer_no": transfer_no, "branch": to, "person": by, "at": at}
        for one in going
    ]
    if rows:
        connection.execute(insert(container_branch), rows)
    for one in going:
        inside = known[one].inside
        if inside is not None and inside not in going and known[inside].branch != to:
            _move(connection, one, Move(None, by, at, why))


def of_branch(connection: Connection, branch: str) -> tuple[Container, ...]:
    """Give the containers that are a branch's now, by number."""
    return tuple(one for one in _containers(connection).values() if one.branch == branch)


def _move(connection: Connection, number: str, move: Move) -> None:
    last = connection.execute(select(func.max(container_move.c.id))).scalar() or 0
    values = {"into": move.into, "reason": move.reason, "person": move.person, "at": move.at}
    connection.execute(insert(container_move).values(id=last + 1, number=number, **values))
    append(connection, move.person, "shelf.move", number, into=move.into, why=move.reason)


def _containers(connection: Connection) -> dict[str, Container]:
    moves: dict[str, list[Move]] = {}
    for row in connection.execute(select(container_move).order_by(container_move.c.id)):
        moves.setdefault(row.number, []).append(Move(row.into, row.person, row.at, row.reason))
    now = branches_now(connection)
    return {
        row.number: Container(
            row.number,
            ContainerKind(row.kind),
            now.get(row.number, row.branch),
            row.title,
            tuple(moves.get(row.number, ())),
        )
        for row in connection.execute(select(container).order_by(container.c.number))
    }


def _known(containers: Containers, number: str) -> Container:
    if number not in containers:
        raise UserError(
            say(
                "There is no place {number}; see “paperproof archive places”, or enter it with "
                "“paperproof archive place”.",
                number=number,
            )
        )
    return containers[number]

"""Several looks at one moment: they share a connection, and with it what the database held then."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from types import MappingProxyType, TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import PaperproofError, UserError

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class _Moment:
    """What is looked at while a block runs, and what was told of it already."""

    engine: Engine
    connection: Connection
    told: dict[Hashable, Any] = field(default_factory=dict)


_NOW: ContextVar[_Moment | None] = ContextVar("moment", default=None)


LOOKERS: Mapping[str, Any] = MappingProxyType({"pool_size": 16, "max_overflow": 32})
"""Connections for those who look: more than the site has threads (40), so that who looks never waits for
others who do something slow with what they saw. Kept open are as many as are busy at once; a new one costs
PostgreSQL a process and ten times a question."""


class Looking(Engine):
    """The way into a database for those who cannot write.

    Each look of its own costs a ping, a ``BEGIN`` and a ``ROLLBACK``, and a page takes up to forty looks:
    within ``at_one_moment`` they cost that once (decision 0033).
    """

    def connect(self) -> Connection:
        """Give a connection for one look, or the one that is lent to all looks of this moment."""
        moment = _moment_of(self)
        return cast(Connection, _Lent(moment)) if moment else super().connect()


@contextmanager
def at_one_moment(engine: Engine) -> Iterator[None]:
    """Let all looks in this thread share a connection until the block ends, where ``engine`` can only look.

    The connection is taken at once, before anything that others may wait for.
    """
    if not isinstance(engine, Looking) or _NOW.get():
        yield
        return
    with apart(engine) as connection:
        mark = _NOW.set(_Moment(engine, connection))
        try:
            yield
        finally:
            _NOW.reset(mark)


def once_a_moment(look: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Have a register's question that many ask asked once within a moment: its answer is the same.

    The register keeps its engine as ``_engine``; what it is asked with can be hashed, its answer is frozen.
    """

    @wraps(look)
    def asked(register: Any, /, *of: P.args, **named: P.kwargs) -> T:
        moment = _moment_of(register._engine)
        if moment is None:
            return look(register, *of, **named)
        question = (look, of, tuple(sorted(named.items())))
        if question not in moment.told:
            moment.told[question] = look(register, *of, **named)
        return cast(T, moment.told[question])

    return cast(Callable[Concatenate[Any, P], T], asked)


def _moment_of(engine: Engine) -> _Moment | None:
    """The moment that is looked at in this thread, when it is of ``engine``."""
    moment = _NOW.get()
    return moment if moment is not None and moment.engine is engine else None


def apart(engine: Engine) -> Connection:
    """Give a connection that is shared with no other look."""
    return Engine.connect(engine)


class _Lent:
    """A connection that stays open when a look ends."""

    def __init__(self, moment: _Moment) -> None:
        self._moment = moment

    def __enter__(self) -> Connection:
        return self._moment.connection

    def close(self) -> None:
        """Leave it open: it is lent."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if _came_of_the_database(error):
            # PostgreSQL answers nothing more in a transaction in which a question failed
            self._moment.connection.rollback()
            self._moment.told.clear()


def _came_of_the_database(error: BaseException | None) -> bool:
    told = isinstance(error, PaperproofError) and not isinstance(error, UserError)
    return told or isinstance(error, SQLAlchemyError)

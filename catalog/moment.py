"""Several looks at one moment: they share a connection, and with it what the database held then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import cast

from sqlalchemy import Connection, Engine

_LENT: ContextVar[tuple[Engine, Connection] | None] = ContextVar("lent", default=None)


class Looking(Engine):
    """The way into a database for those who cannot write.

    Each look of its own costs a ping, a ``BEGIN`` and a ``ROLLBACK``, and a page takes up to forty looks:
    within ``at_one_moment`` they cost that once (decision 0033).
    """

    def connect(self) -> Connection:
        """Give a connection for one look, or the one that is lent to all looks of this moment."""
        lent = _LENT.get()
        if lent and lent[0] is self:
            return cast(Connection, _Lent(lent[1]))
        return super().connect()


@contextmanager
def at_one_moment(engine: Engine) -> Iterator[None]:
    """Let all looks in this thread share a connection until the block ends, where ``engine`` can only look.

    The connection is taken at once: who waits for one holds nothing that others wait for.
    """
    if not isinstance(engine, Looking) or _LENT.get():
        yield
        return
    with apart(engine) as connection:
        mark = _LENT.set((engine, connection))
        try:
            yield
        finally:
            _LENT.reset(mark)


def apart(engine: Engine) -> Connection:
    """Give a connection that is shared with no other look."""
    return Engine.connect(engine)


class _Lent:
    """A connection that stays open when a look ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Connection:
        return self._connection

    def close(self) -> None:
        """Leave it open: it is lent."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind:  # PostgreSQL answers nothing more in a transaction in which a question failed
            self._connection.rollback()

"""The searchable derivatives of pages, and the index of those whose text may be searched.

What stands on a page beyond its fields is sensitive by default and not indexed; whoever looks at it
or searches it leaves an entry in the log. The words of a search are customer data: the log has their
SHA-256, so that it can be shown whether a certain search was made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, insert, select, update

from catalog.log import append
from catalog.tables import batch, delivery, page_text, text_index
from catalog.text_search import TextSearch
from catalog.within import begins, within


@dataclass(frozen=True)
class TextState:
    """An admitted page, and how far its text has come."""

    sha256: str
    name: str
    """The delivered file's."""
    text_sha256: str | None
    """Of its searchable derivative; None when there is none yet."""
    indexed: bool | None
    """None: never was; False: was taken out."""


@dataclass(frozen=True)
class StoredText:
    """A page's searchable derivative, which both stores have proved to hold."""

    sha256: str
    """Of the page's master."""
    text_sha256: str
    byte_count: int
    engine: str
    copies: Mapping[str, str | None]
    """Store -> version id of the verified object."""


@dataclass(frozen=True)
class FoundPage:
    """A page on which all the words stand."""

    day: date
    branch: str
    name: str
    sha256: str
    context: str
    """The first line with the first of the words."""


@dataclass(frozen=True)
class Asking:
    """Who wants to see texts, and what for."""

    who: str
    purpose: str


class Texts:
    """Keeps which page has which text; each entry and its log line are one transaction (rule R5)."""

    def __init__(self, engine: Engine, search: TextSearch) -> None:
        self._engine = engine
        self._search = search

    def of_day(self, day: date, branch: str) -> tuple[TextState, ...]:
        """Give the admitted pages of a branch and day, each once, in the order of their delivery."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                _admitted(_STATE, day, branch).order_by(batch.c.opened_at, delivery.c.sequence)
            )
            pages: dict[str, TextState] = {}
            for row in rows:
                pages.setdefault(row.sha256, TextState(*row))
        return tuple(pages.values())

    def keep(self, stored: StoredText, who: str) -> None:
        """Enter a derivative that is stored; the first one of a page stands."""
        with self._engine.begin() as connection:
            of_page = page_text.c.sha256 == stored.sha256
            if connection.execute(select(page_text.c.sha256).where(of_page)).first():
                return
            values = {**vars(stored), "copies": dict(stored.copies), "at": datetime.now(UTC)}
            connection.execute(insert(page_text).values(**values))
            append(connection, who, "text.make", stored.sha256, text=stored.text_sha256)

    def index(self, sha256: str, text: str, asking: Asking) -> None:
        """Make a page's text searchable, unless it was before."""
        with self._engine.begin() as connection:
            of_page = (page_text.c.sha256 == sha256) & page_text.c.indexed.is_(None)
            if connection.execute(update(page_text).where(of_page).values(indexed=True)).rowcount:
                connection.execute(insert(text_index).values(sha256=sha256, text=text))
                append(connection, asking.who, "text.index", sha256, purpose=asking.purpose)

    def index_anew(self) -> None:
        """Have every text that was searchable made so by the next run: a rebuilt catalog has no index."""
        with self._engine.begin() as connection:
            was = page_text.c.indexed.is_(True)
            connection.execute(update(page_text).where(was).values(indexed=None))

    def unindex(self, day: date, branch: str | None, asking: Asking) -> int:
        """Take the pages of a day out of the index for good, those not yet in it too; count them."""
        with self._engine.begin() as connection:
            _erase_what_is_deleted(connection)
            query = _admitted(select(delivery.c.sha256).distinct(), day, branch)
            pages = list(
                connection.execute(query.where(page_text.c.indexed.is_not(False))).scalars()
            )
            for sha256 in pages:
                _take_out(connection, sha256)
            if pages:
                self._search.forget(connection)
                of_day = f"{branch or '*'}/{day.isoformat()}"
                append(
                    connection,
                    asking.who,
                    "text.unindex",
                    of_day,
                    purpose=asking.purpose,
                    pages=sorted(pages),
                )
        return len(pages)

    def indexed(self, sha256: str) -> str | None:
        """Give the words of a page in the index; None when it has none there."""
        query = select(text_index.c.text).where(text_index.c.sha256 == sha256)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def erase(self, sha256: str, who: str, approval: str) -> None:
        """Take a page out of the index for good, under an order that names it."""
        with self._engine.begin() as connection:
            _erase_what_is_deleted(connection)
            if _take_out(connection, sha256):
                self._search.forget(connection)
                append(connection, who, "text.erase", sha256, approval=approval)

    def find(
        self,
        words: Sequence[str],
        asking: Asking,
        *,
        day: date | None = None,
        branch: str | None = None,
        most: int = 100,
        known: Callable[[Collection[str]], Collection[str]] = frozenset,
    ) -> tuple[FoundPage, ...]:
        """Give the pages on which every one of ``words`` stands, newest day first; the search is logged.

        ``known``: which of some pages the person may know; of others nothing is told (BM-01).
        """
        query = _admitted(_FOUND, day, branch).where(self._search.holds(words))
        query = query.order_by(
            batch.c.business_date.desc(), batch.c.branch, batch.c.opened_at, delivery.c.sequence
        )
        with self._engine.connect() as connection:
            found = tuple(
                FoundPage(
                    day=row.business_date,
                    branch=row.branch,
                    name=row.name,
                    sha256=row.sha256,
                    context=_context(row.text, words[0]),
                )
                for row in connection.execute(query.limit(most))
            )
        open_to_them = frozenset(known([one.sha256 for one in found]))
        found = tuple(one for one in found if one.sha256 in open_to_them)
        with self._engine.begin() as connection:
            append(
                connection,
                asking.who,
                "text.find",
                hashlib.sha256(" ".join(words).encode()).hexdigest(),
                purpose=asking.purpose,
                day=day.isoformat() if day else None,
                branch=branch,
                pages=[one.sha256 for one in found],
            )
        return found

    def of_page(self, beginning: str) -> tuple[StoredText, ...]:
        """Give the derivatives of the pages whose SHA-256 begins so."""
        query = select(
            page_text.c.sha256,
            page_text.c.text_sha256,
            page_text.c.byte_count,
            page_text.c.engine,
            page_text.c.copies,
        ).where(begins(page_text.c.sha256, beginning))
        with self._engine.connect() as connection:
            return tuple(StoredText(*row) for row in connection.execute(query))

    def log_show(self, stored: StoredText, asking: Asking) -> None:
        """Enter that a page's text was handed out."""
        with self._engine.begin() as connection:
            append(
                connection,
                asking.who,
                "text.show",
                stored.sha256,
                purpose=asking.purpose,
                text=stored.text_sha256,
            )


_STATE = select(delivery.c.sha256, delivery.c.name, page_text.c.text_sha256, page_text.c.indexed)
_FOUND = select(
    batch.c.business_date, batch.c.branch, delivery.c.name, delivery.c.sha256, text_index.c.text
)


def _admitted(query: Select[Any], day: date | None, branch: str | None) -> Select[Any]:
    """Restrict a query over admitted pages and their texts to a day and a branch, where named."""
    query = query.select_from(
        delivery.join(batch, batch.c.id == delivery.c.batch_id)
        .outerjoin(page_text, page_text.c.sha256 == delivery.c.sha256)
        .outerjoin(text_index, text_index.c.sha256 == delivery.c.sha256)
    ).where(delivery.c.state == "admitted")
    return within(query, batch, day, branch)


def _context(text: str, word: str) -> str:
    folded = word.casefold()
    return next((line for line in text.splitlines() if folded in line.casefold()), "")


def _take_out(connection: Connection, sha256: str) -> int:
    """Delete a page's words and have them never indexed again; return how many entries it had."""
    deleted = connection.execute(delete(text_index).where(text_index.c.sha256 == sha256))
    of_page = page_text.c.sha256 == sha256
    connection.execute(update(page_text).where(of_page).values(indexed=False))
    return deleted.rowcount


def _erase_what_is_deleted(connection: Connection) -> None:
    """Have SQLite overwrite what it deletes; another database has its own upkeep for that."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")

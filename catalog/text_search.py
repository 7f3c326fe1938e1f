"""How words are found in the indexed texts: by trigrams where the database has them, else text by text.

PostgreSQL uses its index of trigrams by itself (``catalog.postgresql_tables``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ColumnElement, Connection, Engine, and_, column, inspect, select, table, text

from catalog.tables import text_index

TRIGRAM_TABLE = "text_trigram"
"""Made by the migration, where SQLite can."""
_GRAM = 3


class TextSearch(Protocol):
    """A way to find words in ``text_index``."""

    def holds(self, words: Sequence[str]) -> ColumnElement[bool]:
        """Say of a text whether every one of ``words`` stands in it, whatever their case."""
        ...

    def forget(self, connection: Connection) -> None:
        """Leave no trace of texts that were taken out of the index in this transaction."""
        ...


class PlainSearch:
    """Looks every text through; on any database."""

    def holds(self, words: Sequence[str]) -> ColumnElement[bool]:
        """See ``TextSearch``."""
        return and_(*(text_index.c.text.icontains(word, autoescape=True) for word in words))

    def forget(self, connection: Connection) -> None:
        """See ``TextSearch``: a row that is gone is gone."""


class TrigramSearch(PlainSearch):
    """Looks up words of three signs and more by their trigrams, Chinese as well; shorter ones plainly."""

    def holds(self, words: Sequence[str]) -> ColumnElement[bool]:
        """See ``TextSearch``."""
        plainly = super().holds(words)
        long = [word.replace('"', '""') for word in words if len(word) >= _GRAM]
        if not long:
            return plainly
        trigrams = table(TRIGRAM_TABLE, column("rowid"), column(TRIGRAM_TABLE))
        asked = " ".join(f'"{word}"' for word in long)
        found = select(trigrams.c.rowid).where(trigrams.c[TRIGRAM_TABLE].op("MATCH")(asked))
        return and_(text_index.c.id.in_(found), plainly)

    def forget(self, connection: Connection) -> None:
        """See ``TextSearch``: the index keeps what was deleted until its parts are merged."""
        connection.execute(text("INSERT INTO text_trigram(text_trigram) VALUES ('optimize')"))


def text_search(engine: Engine) -> TextSearch:
    """Return the best way that this database has."""
    if engine.dialect.name != "sqlite":
        return PlainSearch()
    with engine.connect() as connection:
        has_table = inspect(connection).has_table(TRIGRAM_TABLE)
    return TrigramSearch() if has_table else PlainSearch()

"""The catalog as objects: every row that changed, in bundles of JSON lines that follow one another (rule R4).

The first line of a bundle names its number, the SHA-256 of the one before, the catalog that made it and the
version of its tables. Each other line is a row as it is now, ``{"table": ..., "row": {...}}``, or the key of
one that is gone, ``{"table": ..., "gone": [...]}``. Played in their order into an empty database they give
the catalog again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from catalog.bundle_chain import BundleHead
from catalog.connection import newest_version
from catalog.rows import RowKey, as_json, from_json, has_key, key_of, selected
from catalog.tables import catalog_bundle, catalog_change, catalog_id, metadata
from catalog.upsert import insert_or_update

BYTE_LIMIT = 4_000_000
"""A bundle ends with the row that reaches this."""
_CHANGES = 5_000
"""Changes looked at for one bundle."""
_KEYS = 300
"""Rows in one question: SQLite takes 32,766 values in a statement."""

Changed = tuple[str, str]
"""A table's name and a row's primary key as JSON text."""


@dataclass(frozen=True)
class Bundle:
    """Changed rows ready to be kept."""

    head: BundleHead
    content: bytes
    rows: int
    changes: tuple[int, ...]
    """Numbers of the changes it holds."""

    @property
    def sha256(self) -> str:
        """The bundle's name in the stores."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Unbundled:
    """How far the stores are behind the catalog."""

    changes: int
    last_at: datetime | None
    """When the last bundle was kept; None: never."""


class Bundles:
    """Writes what changed into bundles, and plays bundles into an empty catalog."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def unbundled(self) -> Unbundled:
        """Tell how many changes no bundle holds, and since when."""
        with self._engine.connect() as connection:
            count = connection.execute(select(func.count()).select_from(catalog_change)).scalar()
            last = connection.execute(select(func.max(catalog_bundle.c.at))).scalar()
        return Unbundled(count or 0, last)

    def newest_change(self) -> int:
        """Give the number of the newest change; 0 when there is none to be bundled."""
        with self._engine.connect() as connection:
            return _newest(connection)

    def oldest_change(self) -> int | None:
        """Give the number of the oldest change that no bundle holds; None when there is none."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.min(catalog_change.c.seq))).scalar()

    def changed_rows(self) -> frozenset[tuple[str, RowKey]]:
        """Give table and key of every row that changed since the last bundle."""
        query = select(catalog_change.c.table_name, catalog_change.c.row_key).distinct()
        with self._engine.connect() as connection:
            return frozenset(
                (row.table_name, tuple(json.loads(row.row_key)))
                for row in connection.execute(query)
            )

    def last_number(self) -> int:
        """Give the number of the last bundle; 0 when there is none."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(catalog_bundle.c.no))).scalar() or 0

    def after(self, number: int) -> tuple[str, ...]:
        """Give the SHA-256 of the bundles that followed the one of this number, in their order."""
        query = select(catalog_bundle.c.sha256).where(catalog_bundle.c.no > number)
        with self._engine.connect() as connection:
            return tuple(connection.execute(query.order_by(catalog_bundle.c.no)).scalars())

    def next(self) -> Bundle | None:
        """Give the oldest changes as a bundle, the rows as they are now; None when nothing changed."""
        with self._engine.begin() as connection:
            query = select(catalog_change).order_by(catalog_change.c.seq).limit(_CHANGES)
            changes = connection.execute(query).all()
            if not changes:
                return None
            head = _head(connection, _newest(connection))
            rows = _rows(
                connection, dict.fromkeys((one.table_name, one.row_key) for one in changes)
            )
        lines, held = _lines(head, rows)
        numbers = tuple(one.seq for one in changes if (one.table_name, one.row_key) in held)
        return Bundle(head, b"".join(lines), len(held), numbers)

    def enter(self, bundle: Bundle) -> bool:
        """Enter a bundle that both stores hold; False when another run was quicker: then it never counts."""
        with self._engine.begin() as connection:
            if _head(connection, bundle.head.until) != bundle.head:
                return False
            _enter(connection, bundle.head.no, bundle.sha256, bundle.rows, len(bundle.content))
            for start in range(0, len(bundle.changes), _KEYS):
                some = bundle.changes[start : start + _KEYS]
                connection.execute(delete(catalog_change).where(catalog_change.c.seq.in_(some)))
        return True

    def last_sha256(self) -> str | None:
        """Give the SHA-256 of the last bundle; None when there is none."""
        query = select(catalog_bundle.c.sha256).order_by(catalog_bundle.c.no.desc()).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def play(self, content: bytes) -> frozenset[str]:
        """Bring the rows of a bundle into this catalog, and enter the bundle; its changes are none to bundle.

        To be called with every bundle, in the order of their numbers, on a catalog that nobody uses yet.
        A bundle of an older version may lack columns, which get their defaults. Returns the tables and
        columns ("table.column") that it has and this version has not: their values are not brought in.
        Raises ValueError when its rows do not fit the tables; nothing of it is brought in then.
        """
        unknown: set[str] = set()
        first, *rest = content.splitlines()
        head = read_head(first)
        with self._engine.begin() as connection:
            for (name, is_gone), lines in groupby(map(json.loads, rest), _kind):
                table, some = metadata.tables.get(name), list(lines)
                if table is None:
                    unknown.add(name)
                    continue
                unknown |= _strange_columns(table, some)
                try:
                    _play(connection, table, is_gone, some)
                except (IntegrityError, DataError, KeyError, TypeError) as error:
                    raise ValueError(f"{name}: {error}") from error
            sha256 = hashlib.sha256(content).hexdigest()
            _enter(connection, head.no, sha256, len(rest), len(content))
            connection.execute(delete(catalog_change))
        return frozenset(unknown)


def read_head(content: bytes) -> BundleHead:
    """Read a bundle's first line; raises ValueError when it is none."""
    try:
        first = json.loads(content.split(b"\n", 1)[0])
        numbers = int(first["bundle"]), int(first["until"])
        version, made_by = str(first["version"]), str(first.get("catalog", ""))
        return BundleHead(numbers[0], first["previous"], version, numbers[1], made_by)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no head of a bundle") from error


def rows_of(content: bytes) -> frozenset[tuple[str, RowKey]]:
    """Give table and key of every row that a bundle holds, or tells to be gone."""
    lines = map(json.loads, content.splitlines()[1:])
    return frozenset(
        (
            line["table"],
            tuple(line["gone"])
            if "gone" in line
            else key_of(metadata.tables[line["table"]], line["row"]),
        )
        for line in lines
    )


def _head(connection: Connection, until: int) -> BundleHead:
    """The head of the bundle that comes next."""
    query = select(catalog_bundle).order_by(catalog_bundle.c.no.desc()).limit(1)
    last = connection.execute(query).first()
    no, previous = (last.no + 1, last.sha256) if last else (1, None)
    return BundleHead(no, previous, newest_version(), until, _own_id(connection))


def _own_id(connection: Connection) -> str:
    """This catalog's id; made when it is first wanted."""
    found = connection.execute(select(catalog_id.c.id)).scalar()
    if found is None:
        found = secrets.token_hex(8)
        connection.execute(insert(catalog_id).values(id=found, at=datetime.now(UTC)))
    return found


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(catalog_change.c.seq))).scalar() or 0


def _enter(connection: Connection, no: int, sha256: str, rows: int, byte_count: int) -> None:
    at = datetime.now(UTC)
    values = {"no": no, "sha256": sha256, "rows": rows, "byte_count": byte_count, "at": at}
    connection.execute(insert(catalog_bundle).values(values))


def _rows(connection: Connection, changed: Iterable[Changed]) -> dict[Changed, dict[str, Any]]:
    """Give each changed row as a line of a bundle, in the order of the first change."""
    found: dict[Changed, dict[str, Any]] = {
        (name, key): {"table": name, "gone": json.loads(key)} for name, key in changed
    }
    for name, ones in groupby(sorted(found), key=lambda one: one[0]):
        table, keys = metadata.tables[name], [key for _, key in ones]
        for start in range(0, len(keys), _KEYS):
            some = {tuple(json.loads(key)): key for key in keys[start : start + _KEYS]}
            for row in connection.execute(selected(table).where(has_key(table, list(some)))):
                plain = as_json(table, dict(row._mapping))
                found[name, some[key_of(table, plain)]] = {"table": name, "row": plain}
    return found


def _lines(
    head: BundleHead, rows: dict[Changed, dict[str, Any]]
) -> tuple[list[bytes], frozenset[Changed]]:
    """Give the lines up to the limit, and the rows that they hold."""
    first = {
        "bundle": head.no,
        "previous": head.previous,
        "version": head.version,
        "until": head.until,
        "catalog": head.catalog,
    }
    lines, size, held = [_line(first)], 0, set()
    for one, row in rows.items():
        if size >= BYTE_LIMIT:
            break
        lines.append(_line(row))
        size += len(lines[-1])
        held.add(one)
    return lines, frozenset(held)


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def _kind(line: dict[str, Any]) -> tuple[str, bool]:
    return line["table"], "gone" in line


def _strange_columns(table: Table, lines: Iterable[dict[str, Any]]) -> frozenset[str]:
    named = {name for line in lines for name in line.get("row", ())}
    return frozenset(f"{table.name}.{name}" for name in named - set(table.columns.keys()))


def _play(
    connection: Connection, table: Table, is_gone: bool, lines: Sequence[dict[str, Any]]
) -> None:
    if is_gone:
        keys: list[RowKey] = [tuple(line["gone"]) for line in lines]
        for start in range(0, len(keys), _KEYS):
            connection.execute(delete(table).where(has_key(table, keys[start : start + _KEYS])))
        return
    made = insert_or_update(connection, table)
    statement = made.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={column.name: made.excluded[column.name] for column in table.columns},
    )
    for line in lines:
        key_of(table, line["row"])  # a row without its key is none
    rows = (from_json(table, line["row"]) for line in lines)
    for _, some in groupby(rows, key=tuple):  # columns that are not named get their defaults
        connection.execute(statement, list(some))

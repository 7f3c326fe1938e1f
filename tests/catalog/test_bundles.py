"""The catalog as objects: whatever is done to it, playing its bundles gives it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Integer, delete, func, insert, select, text, update

from catalog import bundles as bundles_module
from catalog.bundles import Bundle, read_head
from catalog.catalog import Catalog
from catalog.compare import differences
from catalog.log import append
from catalog.outbox import install, recorded_tables
from catalog.tables import (
    UtcTime,
    booked,
    catalog_change,
    customer,
    finding,
    log,
    metadata,
    second_reading,
    text_index,
)
from pipeline.model import Transaction
from tests.databases import KeptDatabases

AT = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)


EmptyCatalog = Callable[[], AbstractContextManager[Catalog]]


@pytest.fixture(scope="module")
def empty_catalog(kept_databases: KeptDatabases) -> EmptyCatalog:
    @contextmanager
    def made() -> Iterator[Catalog]:
        with kept_databases() as databases:
            catalog = Catalog.open(databases.new())
            yield catalog
            catalog.close()

    return made


def bundled(catalog: Catalog) -> list[Bundle]:
    made = []
    while one := catalog.bundles.next():
        assert catalog.bundles.enter(one)
        made.append(one)
    return made


def played(contents: list[bytes], into: Catalog) -> Catalog:
    for content in contents:
        into.bundles.play(content)
    return into


def is_same(one: Catalog, other: Catalog) -> bool:
    return not list(differences(one._engine, other._engine))


def customer_row(number: str, **values: Any) -> dict[str, Any]:
    plain = {"number": number, "name": "余玲", "id_type": "x", "id_no": "1", "owner_branch": "3301"}
    return {**plain, **values}


Act = tuple[str, int, Any]


def do(connection: Connection, act: Act) -> None:
    """One act on a few rows: made, changed, removed, in tables with every kind of column."""
    kind, number, value = act
    key = f"客户 {number}"
    there = connection.execute(select(customer).where(customer.c.number == key)).first()
    if kind == "put" and there is None:
        connection.execute(insert(customer).values(customer_row(key, opened_on=value)))
    elif kind == "put":
        connection.execute(update(customer).where(customer.c.number == key).values(opened_on=value))
    elif kind == "remove":
        connection.execute(delete(customer).where(customer.c.number == key))
    elif kind == "read":
        field = f"{number}.{connection.execute(select(func.count()).select_from(log)).scalar()}"
        content = {"value": value and value.isoformat(), "分": [1.5, None, "“”"]} if value else None
        connection.execute(
            insert(second_reading).values(sha256="0" * 64, field=field, content=content)
        )
    append(connection, "tester", kind, key)


acts = st.tuples(
    st.sampled_from(["put", "remove", "read"]),
    st.integers(1, 4),
    st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2105, 12, 31))),
)


@given(st.lists(st.lists(acts, max_size=6), max_size=6), st.integers(1, 600))
@settings(max_examples=12, deadline=None)
def test_whatever_was_done_is_played_again(
    empty_catalog: EmptyCatalog, runs: list[list[Act]], limit: int
) -> None:
    """Runs of acts with a bundling after each; ``limit`` cuts bundles anywhere."""
    with pytest.MonkeyPatch.context() as patch, empty_catalog() as one, empty_catalog() as other:
        patch.setattr(bundles_module, "BYTE_LIMIT", limit)
        contents = []
        for run in runs:
            with one._engine.begin() as connection:
                for act in run:
                    do(connection, act)
            contents += [made.content for made in bundled(one)]
        assert is_same(one, played(contents, other))
        assert other.bundles.unbundled().changes == one.bundles.unbundled().changes == 0
        heads = [read_head(content) for content in contents]
        assert [head.no for head in heads] == list(range(1, len(heads) + 1))
        assert other.first_broken_log_entry() is None


def test_every_kind_of_value_comes_back(
    empty_catalog: EmptyCatalog, catalog: Catalog, transaction: Transaction
) -> None:
    odd = replace(transaction, amount=Decimal("0.01"), quantity=Decimal("1E+3"), remark="“\n”")
    with catalog._engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO stream_file VALUES (1, '2026-11-19', 'f', 'x', 'utf-8', 1, 0, "
                "'2026-11-20 01:02:03.000004', 'null')"
            )
        )
        row = {c.name: getattr(odd, c.name, None) for c in booked.columns}
        row |= {"stream_file_id": 1, "quantity": "1E+3", "occur_at": odd.occur_at.isoformat()}
        connection.execute(insert(booked).values(row))
        connection.execute(
            text(
                "INSERT INTO customer_change VALUES (1, 'n', NULL, '{\"a\": 1}', 'p', '2026-11-20')"
            )
        )
    with empty_catalog() as other:
        played([one.content for one in bundled(catalog)], other)
        assert is_same(catalog, other)
        with other._engine.connect() as connection:
            assert connection.execute(select(booked.c.amount)).scalar() == Decimal("0.01")
            raw = "SELECT CAST(totals AS TEXT), CAST(imported_at AS TEXT) FROM stream_file"
            assert connection.execute(text(raw)).one() == ("null", "2026-11-20 01:02:03.000004")
            before = "SELECT before IS NULL FROM customer_change"
            assert connection.execute(text(before)).scalar() == 1


def test_nothing_changed_is_nothing_to_bundle_and_the_same_changes_are_the_same_bytes(
    catalog: Catalog,
) -> None:
    bundled(catalog)
    assert catalog.bundles.next() is None
    with catalog._engine.begin() as connection:
        connection.execute(insert(customer).values(customer_row("1")))
    one, again = catalog.bundles.next(), catalog.bundles.next()
    assert one is not None and again is not None
    assert (
        one.content == again.content
    )  # kept, then killed before it was entered: the next run's bytes
    assert one.rows == 1


def test_of_two_runs_one_counts(empty_catalog: EmptyCatalog, catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        connection.execute(insert(customer).values(customer_row("1")))
    slow = catalog.bundles.next()
    with catalog._engine.begin() as connection:
        connection.execute(insert(customer).values(customer_row("2")))
    contents = [one.content for one in bundled(catalog)]
    assert slow is not None
    assert not catalog.bundles.enter(slow)
    with empty_catalog() as other:
        assert is_same(catalog, played(contents, other))


def test_what_is_done_while_a_bundle_is_kept_comes_into_the_next(
    empty_catalog: EmptyCatalog, catalog: Catalog
) -> None:
    with catalog._engine.begin() as connection:
        connection.execute(insert(customer).values(customer_row("1")))
    first = catalog.bundles.next()
    with catalog._engine.begin() as connection:
        connection.execute(update(customer).values(name="later"))
    assert first is not None
    assert catalog.bundles.enter(first)
    contents = [first.content, *(one.content for one in bundled(catalog))]
    assert len(contents) == 2
    with empty_catalog() as other:
        assert is_same(catalog, played(contents, other))


def test_a_refused_act_leaves_no_change(catalog: Catalog) -> None:
    bundled(catalog)
    with pytest.raises(RuntimeError), catalog._engine.begin() as connection:
        connection.execute(insert(customer).values(customer_row("1")))
        raise RuntimeError
    assert catalog.bundles.unbundled().changes == 0


def test_texts_that_may_be_searched_are_not_bundled(catalog: Catalog) -> None:
    bundled(catalog)
    with catalog._engine.begin() as connection:
        connection.execute(insert(text_index).values(sha256="0" * 64, text="secret"))
    assert catalog.bundles.next() is None


def test_every_recorded_table_has_its_triggers(catalog: Catalog) -> None:
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger",
    }[catalog._engine.dialect.name]
    with catalog._engine.connect() as connection:
        found = {
            name for name in connection.execute(text(names)).scalars() if name.startswith("outbox_")
        }
    acts = ("insert", "update", "delete")
    assert found == {f"outbox_{table.name}_{act}" for table in recorded_tables() for act in acts}


def test_rows_from_before_there_were_bundles_are_bundled(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        for act in ("insert", "update", "delete"):
            on = "ON customer" if connection.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER outbox_customer_{act} {on}"))
        connection.execute(insert(customer).values(customer_row("old")))
        assert connection.execute(select(func.count()).select_from(catalog_change)).scalar() == 0
        install(connection)
        install(connection)
    [one] = bundled(catalog)
    assert [json.loads(line)["row"]["number"] for line in one.content.splitlines()[1:]] == ["old"]


def test_differences_name_the_row_and_its_columns(
    empty_catalog: EmptyCatalog, catalog: Catalog
) -> None:
    with empty_catalog() as other:
        for one, numbers in ((catalog, "12"), (other, "23")):
            with one._engine.begin() as connection:
                for number in numbers:
                    row = customer_row(number, name=f"of {one is other}")
                    connection.execute(insert(customer).values(row))
        found = {(d.key, d.only_in, d.columns) for d in differences(catalog._engine, other._engine)}
    assert found == {(("1",), "one", ()), (("2",), None, ("name",)), (("3",), "other", ())}


_NO_WAITING = {"sqlite": "PRAGMA busy_timeout=0", "postgresql": "SET lock_timeout = 1"}


def test_comparing_keeps_no_writer_waiting_and_sees_what_was_there_when_it_began(
    empty_catalog: EmptyCatalog,
    catalog: Catalog,
) -> None:
    with empty_catalog() as other:
        with catalog._engine.begin() as connection:
            connection.execute(insert(customer).values(customer_row("1")))
            connection.execute(insert(customer).values(customer_row("2")))
        found = differences(catalog._engine, other._engine)
        assert next(found).key == ("1",)
        for one in (catalog, other):
            with one._engine.begin() as connection:
                connection.exec_driver_sql(_NO_WAITING[connection.dialect.name])
                connection.execute(insert(customer).values(customer_row("0")))
                connection.execute(insert(customer).values(customer_row("3")))
        assert [one.key for one in found] == [("2",)]


def test_keys_are_compared_in_one_order(empty_catalog: EmptyCatalog, catalog: Catalog) -> None:
    """By their bytes, as 甲 stands behind z; a row is never taken for missing because of its place."""
    with empty_catalog() as other:
        for one, numbers in ((catalog, "aZ甲é1"), (other, "é甲1aZ")):
            with one._engine.begin() as connection:
                for number in numbers:
                    connection.execute(insert(customer).values(customer_row(number)))
        assert is_same(catalog, other)


def by_hand(version: str, *lines: dict[str, Any]) -> bytes:
    head = {"bundle": 1, "previous": None, "version": version, "until": 1}
    return b"".join(json.dumps(line).encode() + b"\n" for line in (head, *lines))


def test_an_older_bundle_is_played_into_the_tables_of_today(catalog: Catalog) -> None:
    """Made before findings told when they were made, and with what was given up since."""
    row = {**customer_row("1"), "opened_on": "2020-01-02", "fax": "12"}
    lines = ({"table": "customer", "row": row}, {"table": "telex", "row": {"id": 1}})
    unknown = catalog.bundles.play(
        by_hand("0002", *lines, {"table": "telex", "gone": [1]}, *older_finding(catalog))
    )
    assert unknown == {"customer.fax", "telex"}
    with catalog._engine.connect() as connection:
        found = connection.execute(select(customer)).one()
        assert (found.number, found.opened_on) == ("1", date(2020, 1, 2))
        assert connection.execute(select(finding.c.after_reading)).scalar() is False


def older_finding(catalog: Catalog) -> tuple[dict[str, Any], ...]:
    """A finding with the delivery, page and batch it needs, without the column that came later."""
    at, sha256 = AT.isoformat(), "0" * 64
    rows: dict[str, dict[str, Any]] = {
        "batch": {"id": "b", "branch": "1", "business_date": "2026-11-19", "name": "b"},
        "delivery": {"id": "d", "batch_id": "b", "sequence": 1, "name": "a", "page_no": 1},
        "finding": {"id": 1, "delivery_id": "d"},
    }
    for name, row in rows.items():
        for column in metadata.tables[name].columns:
            if not (column.nullable or column.name in row or column.server_default is not None):
                kind = column.type
                row[column.name] = (
                    at if isinstance(kind, UtcTime) else 0 if isinstance(kind, Integer) else sha256
                )
    return tuple({"table": name, "row": row} for name, row in rows.items())


def test_a_bundle_that_does_not_fit_leaves_nothing(catalog: Catalog) -> None:
    bundled(catalog)
    good = {"table": "customer", "row": customer_row("1")}
    for wrong in ({"number": "2"}, {"name": "no key"}, {**customer_row("3"), "opened_on": 7}):
        with pytest.raises(ValueError, match="customer"):
            catalog.bundles.play(by_hand("0023", good, {"table": "customer", "row": wrong}))
    assert catalog.row_counts()["customer"] == 0


def test_each_catalog_has_an_id_of_its_own_that_stays(
    empty_catalog: EmptyCatalog, catalog: Catalog
) -> None:
    ids = set()
    with empty_catalog() as other:
        for one in (catalog, other):
            for number in "12":
                with one._engine.begin() as connection:
                    connection.execute(insert(customer).values(customer_row(number)))
                ids |= {made.head.catalog for made in bundled(one)}
    assert len(ids) == 2 and all(len(one) == 16 for one in ids)

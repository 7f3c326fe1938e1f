from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from catalog.catalog import Catalog
from catalog.connection import connect
from catalog.log import append, append_all, append_refused, entries
from pipeline.access.acts import Act
from pipeline.access.policy import person_of
from pipeline.audit.entry import Entry
from pipeline.errors import UserError
from pipeline.staff import Role


def _bodies(catalog: Catalog) -> list[dict[str, object]]:
    with catalog._engine.connect() as connection:
        return [one.body for one in entries(connection)]


@pytest.mark.requirement("DK-20")
def test_an_entry_tells_who_did_what_in_which_session_from_what_to_what(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        append(
            connection,
            "李四",
            "mismatch.resolve",
            "7",
            session="s1",
            before="a" * 64,
            after="b" * 64,
        )
    [body] = _bodies(catalog)
    assert {name: body[name] for name in ("alg", "seq", "prev", "who", "ok", "session")} == {
        "alg": "SHA-256",
        "seq": 1,
        "prev": "0" * 64,
        "who": "李四",
        "ok": True,
        "session": "s1",
    }
    assert (body["before"], body["after"]) == ("a" * 64, "b" * 64)


def test_what_is_not_told_has_no_place_in_the_entry(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        append(connection, "李四", "page.view", "7")
    assert set(_bodies(catalog)[0]) == {"alg", "seq", "prev", "at", "who", "act", "subject", "ok"}


@pytest.mark.requirement("DK-20")
def test_entries_are_canonical_and_chained(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        for subject in ("1", "2", "3"):
            append(connection, "李四", "page.view", subject)
        bodies = connection.exec_driver_sql("SELECT body FROM log ORDER BY seq").scalars()
        read = [Entry.read(body.encode()) for body in bodies]
    assert [one.prev for one in read[1:]] == [one.sha256 for one in read[:-1]]


def test_an_act_that_fails_leaves_no_entry_and_a_refused_one_leaves_its_own(
    catalog: Catalog,
) -> None:
    with pytest.raises(RuntimeError), catalog._engine.begin() as connection:
        append(connection, "李四", "page.print", "7")
        raise RuntimeError
    append_refused(catalog._engine, "李四", "page.print", "7", "no grant", branch="0001")
    [body] = _bodies(catalog)
    assert (body["ok"], body["reason"], body["branch"]) == (False, "no grant", "0001")


def test_who_may_not_appoint_stands_in_the_log(catalog: Catalog) -> None:
    catalog.staff.add("总部", Role.HEADQUARTERS, None, "总部")
    with pytest.raises(UserError):
        catalog.staff.add("李四", Role.AUDITOR, None, "王五")
    with pytest.raises(UserError):
        catalog.staff.require(person_of((), "王五"), Act.TASK_REVIEW, "0001")
    told = [(one["who"], one["act"], one["subject"], one["ok"]) for one in _bodies(catalog)]
    assert told[1:] == [
        ("王五", "staff.add", "李四", False),
        ("王五", "task.review", "0001", False),
    ]
    assert [one["reason"] for one in _bodies(catalog)[1:]] == ["role", "role"]


def test_the_newest_entry_is_found_by_its_key(catalog: Catalog) -> None:
    """Whatever the length of the log: no row is sorted."""
    asked: list[tuple[str, Any]] = []
    event.listen(
        catalog._engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: asked.append((statement, values)),
    )
    acts = [{"who": "李四", "act": "page.view", "subject": str(one)} for one in range(3000)]
    with catalog._engine.begin() as connection:
        append_all(connection, acts)
        query, values = next(one for one in asked if one[0].startswith("SELECT log"))
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.exec_driver_sql("ANALYZE log")
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        plan = str(connection.exec_driver_sql(f"{explain} {query}", values).all())
    assert "LIMIT" in query
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_two_connections_number_their_entries_one_after_the_other(catalog: Catalog) -> None:
    other = connect(catalog._engine.url.render_as_string(hide_password=False))
    for number, engine in enumerate((catalog._engine, other) * 4):
        with engine.begin() as connection:
            append(connection, "李四", "page.view", str(number))
    other.dispose()
    assert [one["seq"] for one in _bodies(catalog)] == list(range(1, 9))
    assert catalog.first_broken_log_entry() is None

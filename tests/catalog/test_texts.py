"""Whole texts in the catalog: entered once, searched only when indexed, every act in the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, and_, func, text

from catalog.catalog import Catalog
from catalog.deliveries import StoredPage, admitted
from catalog.log import entries
from catalog.tables import text_index
from catalog.text_search import PlainSearch, TrigramSearch, text_search
from catalog.texts import Asking, StoredText, Texts
from pipeline.measured import ScanParameters
from pipeline.model import Batch, ColourMode, Delivery

DAY = date(2026, 11, 19)

ONE, TWO, THREE = "11" * 32, "22" * 32, "33" * 32
ASKING = Asking("auditor", "complaint 2026-113")
VOUCHER = "证券业务受理凭证\n客户名称 曹博\n金额小写 ¥581,956,000.41\nABC-100% a_b"


def admit(catalog: Catalog, sha256: str, name: str, branch: str = "3301", day: date = DAY) -> None:
    arrival = Delivery(Batch(branch, day, "station-1", "wang", "batch-01"), name, 1, sha256)
    parameters = ScanParameters("JPEG", 9, 9, 9, (200, 200), ColourMode.COLOUR, 0.0, 0.1, "0" * 16)
    stored = StoredPage(sha256, ".jpg", 9, None, 1, parameters, {"primary": None})
    catalog.pages.enter([admitted(arrival, stored)])


def stored(sha256: str, text_sha256: str = "aa" * 32) -> StoredText:
    return StoredText(sha256, text_sha256, 99, "rapidocr 3.9.2", {"primary": "v1"})


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    """Two pages of one branch and day, one of another, all indexed."""
    admit(catalog, ONE, "0001.jpg")
    admit(catalog, TWO, "0002.jpg")
    admit(catalog, THREE, "0003.jpg", "3302", date(2026, 11, 20))
    for sha256, words in ((ONE, VOUCHER), (TWO, "客户名称 曹操"), (THREE, "客户名称 曹博")):
        catalog.texts.keep(stored(sha256), "night")
        catalog.texts.index(sha256, words, ASKING)
    return catalog


class EachText(PlainSearch):
    """Looks every text through, whatever indexes there are."""

    def holds(self, words: Sequence[str]) -> ColumnElement[bool]:
        lower = func.lower(text_index.c.text)
        return and_(*(func.replace(lower, func.lower(word), "") != lower for word in words))


def found(texts: Texts, *words: str, **where: Any) -> list[str]:
    return [one.sha256 for one in texts.find(words, ASKING, **where)]


def acts(catalog: Catalog) -> list[dict[str, Any]]:
    with catalog._engine.connect() as connection:
        return [entry.body for entry in entries(connection)]


@pytest.fixture(params=["plainly", "as it is done here"])
def texts(filled: Catalog, request: pytest.FixtureRequest) -> Texts:
    return Texts(filled._engine, PlainSearch()) if request.param == "plainly" else filled.texts


@pytest.mark.parametrize(
    ("words", "pages"),
    [
        (["曹博"], [THREE, ONE]),
        (["客户名称"], [THREE, ONE, TWO]),
        (["客户名称", "581,956"], [ONE]),
        (["受理凭证", "博"], [ONE]),
        (["abc-1"], [ONE]),
        (["100%"], [ONE]),
        (["100_"], []),
        (["a%b"], []),
        (['客户"名称'], []),
        (["OR"], []),
        (["NEAR(客户名称 曹博)"], []),
        (["名称曹博"], []),
    ],
)
def test_all_words_must_stand_on_the_page(texts: Texts, words: list[str], pages: list[str]) -> None:
    assert found(texts, *words) == pages


def test_a_search_keeps_to_the_day_and_branch_named(texts: Texts) -> None:
    assert found(texts, "曹博", day=DAY) == [ONE]
    assert found(texts, "曹博", branch="3302") == [THREE]
    assert found(texts, "曹博", day=DAY, branch="3302") == []
    assert found(texts, "客户名称", most=2) == [THREE, ONE]


def test_a_page_found_shows_its_line(texts: Texts) -> None:
    (page,) = texts.find(["曹博", "581,956"], ASKING)
    assert (page.name, page.branch, page.day) == ("0001.jpg", "3301", DAY)
    assert page.context == "客户名称 曹博"


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.sampled_from("客户名称曹博操a\"'%_*^-: 0"), min_size=1, max_size=6))
def test_both_ways_of_searching_find_the_same(filled: Catalog, word: str) -> None:
    assert found(filled.texts, word) == found(Texts(filled._engine, EachText()), word)


@pytest.mark.usefixtures("sqlite_only")
def test_this_sqlite_searches_by_trigrams(catalog: Catalog) -> None:
    assert isinstance(text_search(catalog._engine), TrigramSearch)


@pytest.mark.usefixtures("sqlite_only")
def test_a_database_without_trigrams_is_searched_plainly(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        connection.execute(text("DROP TABLE text_trigram"))
    assert type(text_search(catalog._engine)) is PlainSearch


@pytest.mark.requirement("B1-23")
def test_every_search_is_in_the_log_without_its_words(filled: Catalog) -> None:
    found(filled.texts, "曹博", day=DAY)
    last = acts(filled)[-1]
    assert (last["who"], last["act"], last["purpose"]) == (
        "auditor",
        "text.find",
        "complaint 2026-113",
    )
    assert last["pages"] == [ONE]
    assert "曹博" not in str(acts(filled))


@pytest.mark.requirement("B1-23")
def test_showing_is_in_the_log(filled: Catalog) -> None:
    (one,) = filled.texts.of_page(ONE[:8])
    filled.texts.log_show(one, ASKING)
    last = acts(filled)[-1]
    assert (last["act"], last["subject"], last["text"]) == ("text.show", ONE, "aa" * 32)


def test_the_first_text_of_a_page_stands(filled: Catalog) -> None:
    before = len(acts(filled))
    filled.texts.keep(stored(ONE, "bb" * 32), "night")
    filled.texts.index(ONE, "other words", ASKING)
    assert [one.text_sha256 for one in filled.texts.of_page(ONE)] == ["aa" * 32]
    assert found(filled.texts, "other") == []
    assert len(acts(filled)) == before + 1  # the search alone


def test_what_is_taken_out_of_the_index_is_found_no_more_and_stays_out(filled: Catalog) -> None:
    assert filled.texts.unindex(DAY, "3301", ASKING) == 2
    assert acts(filled)[-1]["pages"] == [ONE, TWO]
    for way in (PlainSearch(), text_search(filled._engine)):
        assert found(Texts(filled._engine, way), "客户名称") == [THREE]
    filled.texts.index(ONE, VOUCHER, ASKING)
    assert found(filled.texts, "曹博") == [THREE]
    assert filled.texts.unindex(DAY, "3301", ASKING) == 0
    assert [page.text_sha256 for page in filled.texts.of_day(DAY, "3301")] == ["aa" * 32] * 2


@pytest.mark.usefixtures("sqlite_only")
def test_no_trace_of_an_unindexed_text_is_left_in_the_database(filled: Catalog) -> None:
    filled.texts.unindex(DAY, None, ASKING)
    filled.texts.unindex(date(2026, 11, 20), None, ASKING)
    with filled._engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    place = filled._engine.url.database
    assert place is not None
    content = Path(place).read_bytes()
    assert "客户名称".encode() not in content
    assert "¥58".encode() not in content  # a trigram


def test_pages_of_a_day_are_told_once_each_in_order(catalog: Catalog) -> None:
    admit(catalog, TWO, "0001.jpg")
    admit(catalog, ONE, "0002.jpg")
    admit(catalog, TWO, "0003 again.jpg")
    catalog.texts.keep(stored(ONE), "night")
    pages = catalog.texts.of_day(DAY, "3301")
    assert [(page.sha256, page.name, page.text_sha256) for page in pages] == [
        (TWO, "0001.jpg", None),
        (ONE, "0002.jpg", "aa" * 32),
    ]
    assert catalog.texts.of_day(DAY, "3302") == ()

"""Papers read on the spot: under an approved request, back the same day with their count, never lent."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.access import Guard
from flows.access_requests import RequestDesk
from flows.overdue import duties
from flows.parts import Parts
from flows.reading_room import ReadingDesk
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed
from pipeline.access.requests import Asked
from pipeline.archive import LineKind, PaperRules
from pipeline.clocks import ZONE
from pipeline.duties import DutyState
from pipeline.errors import UserError
from pipeline.profile import shipped_profile
from pipeline.reading_room import Place, ReadingState

from .conftest import Run, booked
from .test_customer_archive import received

CUSTOMER = booked(1).customer_no
ENTRY = f"{CUSTOMER}-0001"


@pytest.fixture
def shelved(parts: Parts, run: Run) -> Parts:
    """Two customers' papers in store, and a request of 李静 to read the first one's."""
    received(parts, run, (booked(1), booked(2)))
    return parts


def approved(
    parts: Parts,
    *acts: Act,
    days: int = 3,
    customer: str = CUSTOMER,
    purpose: str = "诉讼 2026-118",
) -> int:
    now = datetime.now(UTC)
    today = now.astimezone(ZONE).date()
    asked = Asked(
        *("3301", customer, (), acts or (Act.PAPER_READ,), purpose),
        *(today, today + timedelta(days=days)),
    )
    no = RequestDesk(Guard.at_word(parts, "李静")).apply(asked, now)
    RequestDesk(Guard.at_word(parts, "郑规")).approve(no, "", now)
    return no


def desk(parts: Parts, name: str = "何静") -> ReadingDesk:
    return ReadingDesk(Guard.at_word(parts, name))


@pytest.mark.requirement("B1-06")
def test_the_register_tells_who_what_why_out_due_and_back(shelved: Parts, run: Run) -> None:
    no = approved(shelved)
    told = run("archive", "read", "give", str(no), ENTRY, "--as", "何静")
    assert told.exit_code == 0, told.output
    [one] = shelved.catalog.reading_room.out()
    assert (one.reader, one.entry, one.purpose, one.place) == (
        *("李静", ENTRY, "诉讼 2026-118"),
        Place.ROOM,
    )
    assert one.due == one.at.astimezone(ZONE).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)
    archive = shelved.catalog.archives.one(CUSTOMER)
    assert archive.lines[-1].kind is LineKind.OUT
    assert archive.in_store == ()
    [seen] = shelved.catalog.viewings.of_customer(CUSTOMER)
    assert (seen.person, seen.request) == ("李静", no)
    done = run("archive", "read", "back", f"{ENTRY}=1", "--as", "何静")
    assert done.exit_code == 0, done.output
    assert shelved.catalog.reading_room.out() == ()
    assert len(shelved.catalog.archives.one(CUSTOMER).in_store) == 1
    again = run("archive", "read", "back", f"{ENTRY}=1", "--as", "何静")
    assert "with no reader" in str(again.exception)


@pytest.mark.requirement("B1-06")
def test_what_is_not_back_in_time_is_on_the_overdue_list(shelved: Parts, run: Run) -> None:
    desk(shelved).give(approved(shelved), [ENTRY], datetime.now(UTC))
    [duty] = [one for one in duties(shelved, None, "3301") if one.kind == "READING"]
    now = datetime.now(UTC)
    assert (duty.person, duty.state(now)) == ("何静", DutyState.DUE)
    assert duty.state(now + timedelta(days=1)) is DutyState.OVERDUE
    [one] = shelved.catalog.reading_room.out("3301")
    assert one.state_at(now + timedelta(days=1)) is ReadingState.OVERDUE
    listed = run("archive", "read", "list")
    assert listed.exit_code == 0
    assert ENTRY in listed.output


def test_another_count_needs_an_explanation_and_stays_on_record(shelved: Parts) -> None:
    desk(shelved).give(approved(shelved), [ENTRY], datetime.now(UTC))
    with pytest.raises(UserError, match="went out with 1 pages"):
        desk(shelved).take_back({ENTRY: 2}, " ", datetime.now(UTC))
    desk(shelved).take_back({ENTRY: 2}, "收据夹在其中", datetime.now(UTC))
    [one] = shelved.catalog.reading_room.all()
    assert one.state_at(datetime.now(UTC)) is ReadingState.BACK_OTHERWISE


def test_nothing_goes_out_without_a_request_that_opens_it(shelved: Parts) -> None:
    now = datetime.now(UTC)
    no = approved(shelved, Act.PAGE_VIEW)
    with pytest.raises(UserError, match="opens no papers"):
        desk(shelved).give(no, [ENTRY], now)
    no = approved(shelved)
    with pytest.raises(UserError, match="opens no papers"):
        desk(shelved).give(no, [ENTRY], now + timedelta(days=9))
    other = f"{booked(2).customer_no}-0001"
    with pytest.raises(UserError, match="no paper of this customer"):
        desk(shelved).give(no, [other], now)
    with pytest.raises(NotAllowed, match="another archivist"):
        desk(shelved, "李静").give(no, [ENTRY], now)
    desk(shelved).give(no, [ENTRY], now)
    with pytest.raises(UserError, match="no paper of this customer"):
        desk(shelved).give(no, [ENTRY], now)
    RequestDesk(Guard.at_word(shelved, "郑规")).revoke(no, "结案", now)
    desk(shelved).take_back({ENTRY: 1}, "", now)
    with pytest.raises(UserError, match="opens no papers"):
        desk(shelved).give(no, [ENTRY], now)


@pytest.mark.requirement("CG-19j")
def test_originals_are_not_lent(shelved: Parts, run: Run) -> None:
    no = approved(shelved)
    told = run("archive", "read", "give", str(no), ENTRY, "--lend", "--as", "何静")
    assert "Originals are not lent" in str(told.exception)
    assert run("archive", "out", CUSTOMER, "1").exit_code == 2, "no other way out"
    switched = lending(shelved)
    for place in Place:
        with pytest.raises(UserError, match="forbids it: originals do not leave"):
            desk(switched).give(no, [ENTRY], datetime.now(UTC), place)
    assert shelved.catalog.reading_room.all() == ()


def lending(parts: Parts) -> Parts:
    settings = parts.settings.model_copy(update={"paper": PaperRules(lending=True)})
    return replace(parts, settings=settings)


def test_a_house_whose_rules_allow_it_lends_until_a_day(
    shelved: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched, now = lending(shelved), datetime.now(UTC)
    bank = shipped_profile().model_copy(update={"profile": "bank", "lending": True})
    monkeypatch.setattr("flows.parts.profile_of", lambda *_: bank)
    no = approved(switched, days=3)
    today = now.astimezone(ZONE).date()
    with pytest.raises(UserError, match="ends on"):
        desk(switched).give(no, [ENTRY], now, Place.LENT, today + timedelta(days=4))
    given = desk(switched).give(no, [ENTRY], now, Place.LENT, today + timedelta(days=3))
    assert given.due.date() == today + timedelta(days=4)


def test_the_register_is_printed_and_read_by_programs(
    shelved: Parts, run: Run, tmp_path: Path
) -> None:
    desk(shelved).give(approved(shelved), [ENTRY], datetime.now(UTC))
    for shape in ("pdf", "html", "csv", "json"):
        out = tmp_path / f"register.{shape}"
        done = run(
            *("archive", "read", "form", "--branch", "3301", "-o", str(out), "--format", shape),
            lang="zh",
        )
        assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "register.json").read_text("utf-8"))
    assert [row["entry"] for row in told["rows"]] == [ENTRY]
    assert "查阅登记簿" in (tmp_path / "register.html").read_text("utf-8")

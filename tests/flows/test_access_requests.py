"""Seeing customers' data: a role and a purpose, or an approved request; every showing is entered."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from catalog.log import entries
from flows.access import Guard
from flows.access_requests import RequestDesk
from flows.parts import Parts
from flows.settings import load_settings
from pipeline.access.acts import Act
from pipeline.access.policy import person_of
from pipeline.access.requests import Asked, RequestState, Subject
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.staff import Role

from .captured_day import book
from .conftest import Run, booked

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
PAGE, CUSTOMER = "a" * 64, "9409350117"
SUBJECT = Subject("3301", CUSTOMER, PAGE)


@pytest.fixture(autouse=True)
def known(parts: Parts) -> None:
    """The customer did business here."""
    book(parts, booked(17))


@pytest.fixture
def staffed(parts: Parts) -> Parts:
    staff = parts.catalog.staff
    staff.add("周总", Role.HEADQUARTERS, None, "root")
    staff.add("何敏", Role.ARCHIVIST, "3301", "周总")
    staff.add("李静", Role.ARCHIVIST, "3302", "周总")
    staff.add("郑规", Role.COMPLIANCE, "3301", "周总")
    staff.add("冯规", Role.COMPLIANCE, "3302", "周总")
    return parts


def guard(parts: Parts, name: str, session: str | None = "s1") -> Guard:
    return Guard(parts, person_of(parts.catalog.staff.appointments(), name, session))


def desk(parts: Parts, name: str) -> RequestDesk:
    return RequestDesk(guard(parts, name))


def asked(*acts: Act, days: int = 3) -> Asked:
    first = date(2026, 11, 27)
    return Asked("3301", CUSTOMER, (), acts, "诉讼", first, first + timedelta(days=days - 1))


def log_of(parts: Parts) -> list[dict[str, object]]:
    with parts.catalog._engine.connect() as connection:
        return [one.body for one in entries(connection)]


@pytest.mark.requirement("CG-19h", "BM-11")
def test_a_role_at_the_branch_sees_with_a_purpose_and_it_is_entered(staffed: Parts) -> None:
    with pytest.raises(UserError, match="Say what you need it for"):
        guard(staffed, "何敏").view(Act.PAGE_VIEW, SUBJECT, " ", NOW)
    seen = guard(staffed, "何敏").view(Act.PAGE_VIEW, SUBJECT, " 客户来电核对 ", NOW)
    assert (seen.purpose, seen.request) == ("客户来电核对", None)
    viewings = staffed.catalog.viewings
    assert viewings.of_page(PAGE) == viewings.of_customer(CUSTOMER) == (seen,)
    last = log_of(staffed)[-1]
    assert (last["who"], last["act"], last["subject"]) == ("何敏", "page.view", PAGE)
    assert (last["session"], last["purpose"], last["branch"]) == ("s1", "客户来电核对", "3301")


def test_no_customers_number_gets_into_the_log(staffed: Parts) -> None:
    of_customer = Subject("3301", CUSTOMER)
    guard(staffed, "何敏").view(Act.CUSTOMER_VIEW, of_customer, f"客户 {CUSTOMER}", NOW)
    desk(staffed, "李静").apply(asked(Act.PAGE_VIEW), NOW)
    assert CUSTOMER not in json.dumps(log_of(staffed), ensure_ascii=False)


def test_another_branch_sees_only_what_an_approved_request_opens(staffed: Parts) -> None:
    li = guard(staffed, "李静")
    with pytest.raises(UserError, match="not registered as"):
        li.view(Act.PAGE_VIEW, SUBJECT, "诉讼", NOW)
    no = RequestDesk(li).apply(asked(Act.PAGE_VIEW), NOW)
    with pytest.raises(UserError, match="not registered as"):
        li.view(Act.PAGE_VIEW, SUBJECT, "诉讼", NOW)
    desk(staffed, "郑规").approve(no, "", NOW)
    assert li.view(Act.PAGE_VIEW, SUBJECT, "诉讼", NOW).request == no
    for act, subject, at in (
        (Act.PAGE_PRINT, SUBJECT, NOW),
        (Act.PAGE_VIEW, Subject("3301", "another", PAGE), NOW),
        (Act.PAGE_VIEW, SUBJECT, NOW + timedelta(days=3)),
    ):
        with pytest.raises(UserError, match="not registered as"):
            li.view(act, subject, "诉讼", at)
    assert len(staffed.catalog.viewings.of_page(PAGE)) == 1
    desk(staffed, "周总").revoke(no, "settled", NOW)
    with pytest.raises(UserError, match="not registered as"):
        li.view(Act.PAGE_VIEW, SUBJECT, "诉讼", NOW)


@pytest.mark.requirement("CG-19a", "CG-19k", "BM-03")
def test_copies_and_masters_need_a_request_also_at_the_own_branch(staffed: Parts) -> None:
    he = guard(staffed, "何敏")
    for act in (Act.PAGE_PRINT, Act.PAGE_ORIGINAL, Act.FIELD_UNMASK):
        with pytest.raises(UserError, match="needs an approved access request"):
            he.view(act, SUBJECT, "诉讼", NOW)
    no = RequestDesk(he).apply(asked(Act.PAGE_PRINT), NOW)
    desk(staffed, "郑规").approve(no, "", NOW)
    assert he.view(Act.PAGE_PRINT, SUBJECT, "诉讼", NOW).request == no
    with pytest.raises(UserError, match="needs an approved access request"):
        he.view(Act.PAGE_ORIGINAL, SUBJECT, "诉讼", NOW)


@pytest.mark.requirement("CG-19b")
def test_who_decides_is_another_of_the_branch_and_of_a_role_the_settings_name(
    staffed: Parts,
) -> None:
    no = desk(staffed, "郑规").apply(asked(Act.PAGE_PRINT), NOW)
    for name, why in (
        ("郑规", "their own request"),
        ("冯规", "not registered as Headquarters, Compliance of branch 3301"),
        ("何敏", "not registered as"),
    ):
        with pytest.raises(UserError, match=why):
            desk(staffed, name).approve(no, "", NOW)
    refusals = [(one["who"], one["ok"]) for one in log_of(staffed)[-3:]]
    assert refusals == [("郑规", False), ("冯规", False), ("何敏", False)]
    desk(staffed, "周总").approve(no, "", NOW)
    with pytest.raises(UserError, match="is approved; nothing more can be decided"):
        desk(staffed, "周总").refuse(no, "", NOW)


@pytest.mark.requirement("BM-03")
def test_the_settings_narrow_who_decides(staffed: Parts) -> None:
    narrow = staffed.workspace.folder / "paperproof.toml"
    text = narrow.read_text("utf-8")
    narrow.write_text(text.replace("[access]", '[access]\napprovers = ["compliance"]\n#'), "utf-8")
    settings = load_settings(staffed.workspace.folder)
    parts = Parts(staffed.workspace, settings, staffed.catalog)
    no = desk(parts, "何敏").apply(asked(Act.PAGE_PRINT), NOW)
    with pytest.raises(UserError, match="decided on by Compliance"):
        desk(parts, "周总").approve(no, "", NOW)
    desk(parts, "郑规").approve(no, "", NOW)


def test_everybody_sees_their_own_requests_and_who_may_all_of_a_branch(staffed: Parts) -> None:
    mine = desk(staffed, "李静").apply(asked(Act.PAGE_VIEW), NOW)
    other = desk(staffed, "何敏").apply(asked(Act.PAGE_PRINT), NOW)

    def seen(name: str) -> list[int]:
        return [one.no for one in desk(staffed, name).visible()]

    assert seen("李静") == [mine]
    assert seen("何敏") == [other]
    assert seen("郑规") == seen("周总") == [other, mine]
    assert seen("冯规") == []


def test_another_branch_stands_out_in_the_report(run: Run, staffed: Parts) -> None:
    now = datetime.now(UTC)  # after the appointments, which are made by the clock
    today = now.astimezone(ZONE).date()
    no = desk(staffed, "李静").apply(replace(asked(Act.PAGE_VIEW), since=today, until=today), now)
    desk(staffed, "周总").approve(no, "", now)
    guard(staffed, "何敏").view(Act.PAGE_VIEW, SUBJECT, "核对", now)
    calm = run("access", "report", "--unusual", "--as", "周总")
    assert "1 viewings from" in calm.output
    assert "none stands out." in calm.output
    guard(staffed, "李静").view(Act.PAGE_VIEW, SUBJECT, "诉讼", now)
    told = run("access", "report", "--unusual", "--as", "周总", lang="zh")
    assert told.exit_code == 3
    assert "李静" in told.output
    assert "#1" in told.output
    assert "诉讼" in told.output
    refused = run("access", "report", "--unusual", "--as", "何敏")
    assert "not registered as Headquarters, Compliance, Auditor" in str(refused.exception)


def test_of_a_customer_nobody_knows_nothing_is_asked_for(run: Run, staffed: Parts) -> None:
    ask = ("--branch", "3301", "--customer", "0099", "--for", "page.view", "--purpose", "诉讼")
    told = run("access", "request", *ask, "--as", "何敏")
    assert "Nobody knows customer 0099" in str(told.exception)
    assert not staffed.catalog.access_requests.of("何敏")


def test_requests_at_the_command_line(run: Run, parts: Parts) -> None:
    run("branch", "add", "3301", "杭州营业部", "--as", "root")
    run("staff", "add", "周总", "--role", "headquarters", "--as", "root")
    run("staff", "add", "何敏", "--role", "archivist", "--branch", "3301", "--as", "周总")
    ask = ("--branch", "3301", "--customer", CUSTOMER, "--for", "page.print", "--purpose", "诉讼")
    told = run("access", "request", *ask, "--as", "何敏")
    assert "Access request 1 waits for a decision" in told.output
    assert "is approved until" in run("access", "approve", "1", "--as", "周总").output
    listed = run("access", "list", "--as", "周总", lang="zh").output
    assert "已批准" in listed
    assert "打印或复制影像; 诉讼" in listed
    assert "opens nothing" in run("access", "revoke", "1", "--because", "x", "--as", "何敏").output
    assert "0 access requests." in run("access", "list", "--standing", "--as", "周总").output
    wrong = run("access", "request", *ask, "--for", "account.add", "--as", "何敏")
    assert "Say what you need to do: customer.view" in str(wrong.exception)
    assert parts.catalog.access_requests.one(1).state_at(NOW) is RequestState.REVOKED


@pytest.mark.requirement("CG-29", "CG-19b")
@pytest.mark.parametrize("shape", ["pdf", "html", "csv", "json"])
def test_the_form_tells_who_asked_what_for_and_who_decided(
    run: Run, parts: Parts, tmp_path: Path, shape: str
) -> None:
    run("branch", "add", "3301", "杭州营业部", "--as", "root")
    run("staff", "add", "周总", "--role", "headquarters", "--as", "root")
    run("staff", "add", "何敏", "--role", "archivist", "--branch", "3301", "--as", "周总")
    run("staff", "add", "丁岚", "--role", "archivist", "--branch", "3302", "--as", "周总")
    ask = ("--branch", "3301", "--customer", CUSTOMER, "--for", "page.print", "--purpose", "诉讼")
    run("access", "request", *ask, "--page", "ab" * 32, "--as", "何敏")
    run("access", "approve", "1", "--because", "有裁定", "--as", "周总")
    out = tmp_path / f"form.{shape}"
    of = ("access", "form", "1", "-o", str(out), "--format", shape)
    assert run(*of, "--as", "何敏", lang="zh").exit_code == 0
    if shape == "pdf":
        assert out.read_bytes().startswith(b"%PDF")
    else:
        assert "ab" * 32 in out.read_text("utf-8-sig")
    if shape == "json":
        told = json.loads(out.read_text("utf-8"))
        assert (told["code"], told["facts"]["申请人"]) == ("CY-000001", "何敏")
        assert "周总" in told["facts"]["决定"] and "有裁定" in told["facts"]["决定"]
    assert "that you may see" in str(run(*of, "--as", "丁岚").exception)

"""People's days walked in a real browser: what they see, and that everybody can use it."""

from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from flows.evidence import Making
from flows.parts import Parts
from pipeline.staff import Role
from tests.flows.conftest import DAY, booked
from tests.flows.test_evidence import making  # noqa: F401 - a closed day, all of its log signed
from tests.flows.test_settling import left_open  # noqa: F401 - a day whose closing left something
from tests.web.conftest import Clock
from tests.web.test_shelf import shelved  # noqa: F401 - two bags, a room and a cabinet
from tests.web.walker import SHOTS, Walker, address, browser, walked, walker

__all__ = ["address", "browser", "walker"]  # fixtures
pytestmark = list(walked)


def test_an_operator_sends_scans_and_sees_what_is_refused(
    walker: Any, scans: Path, voucher: Any
) -> None:
    operator = walker("王芳", Role.OPERATOR, "3301")
    operator.look("home")
    page = operator.go(f"/station/3301/{DAY}")
    operator.look("station-empty")
    page.set_input_files(
        "#files", [str(path) for path in sorted(scans.iterdir()) if path.is_file()]
    )
    expect(page.locator("#pages li")).to_have_count(5, timeout=60_000)
    expect(page.locator("#pages li.refused")).to_have_count(1)
    expect(page.locator("#desk")).to_contain_text("检查完毕", timeout=60_000)
    expect(page.locator("[data-live=left] .again")).to_have_count(1, timeout=60_000)
    operator.look("station")
    page.click("#pages li.refused a")
    expect(page.locator("figure .fault").first).to_be_visible()
    operator.look("station-page")


def test_headquarters_sees_all_branches_and_goes_down_to_the_page(
    captured: Parts, walker: Any
) -> None:
    headquarters = walker("总部乙", Role.HEADQUARTERS, lang="en")
    page = headquarters.go(f"/monitor?last={DAY}")
    expect(page.locator(".heat td a")).to_have_count(1)
    expect(page.locator("img.chart").first).to_be_visible()
    headquarters.look("monitor")
    page.click(".heat td a")
    expect(page.locator("h1")).to_contain_text(str(DAY))
    headquarters.look("monitor-day")
    headquarters.go(f"/uploads?month={DAY:%Y-%m}")
    expect(page.locator("meter")).to_have_count(1)
    headquarters.look("months")


def test_a_device_is_registered_and_opens_the_site(walker: Any, clock: Clock) -> None:
    """Chromium's own authenticator stands for the device (WebAuthn, section 11: automation)."""
    person = walker("王芳", Role.OPERATOR, "3301")
    with_device(person.page)
    page = person.go("/account")
    page.fill("#register [name=name]", "钥匙圈上的密钥")
    page.keyboard.press("Enter")
    expect(page.locator("th", has_text="钥匙圈上的密钥")).to_be_visible()
    page.click("form[action='/account/factor'] button")
    expect(page.locator("svg.square")).to_be_visible()
    person.look("factor")
    codes = pyotp.TOTP(page.locator("code").text_content() or "")
    page.fill("[name=code]", codes.at(clock()))
    page.keyboard.press("Enter")
    expect(page.locator(".danger")).to_have_count(2)
    person.look("account")
    page.click("text=退出")
    person.enter()
    expect(page.locator("#prove")).to_be_visible()
    person.look("second")
    page.click("#prove")
    page.wait_for_url(person.address + "/")


def with_device(page: Page) -> None:
    """Give a browser's page a device that answers at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_archivist_follows_a_page_through_its_life(
    captured: Parts, walker: Any, lang: str
) -> None:
    archivist = walker("赵档案", Role.ARCHIVIST, "3301", lang)
    page = archivist.go("/archive")
    archivist.look(f"archive-{lang}")
    page.fill("[name=number]", booked(1).customer_no)
    page.fill("[name=purpose]", "court file 2026-118")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr:has(button)")).to_have_count(1)
    archivist.look(f"archive-customer-{lang}")
    page.click("tbody button")
    expect(page.locator("button.main")).to_have_count(1)
    archivist.look(f"archive-transaction-{lang}")
    page.click("button.main")
    expect(page.locator("img.sheet")).to_be_visible()
    expect(page.locator("img.sheet")).to_have_js_property("complete", True)
    assert page.locator("img.sheet").evaluate("picture => picture.naturalWidth") > 0
    archivist.look(f"archive-page-{lang}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_papers_go_from_the_teller_to_the_archivist(
    captured: Parts, walker: Any, lang: str
) -> None:
    teller = walker("孙柜员", Role.TELLER, "3301", lang)
    page = teller.go(f"/handover/3301?day={DAY}")
    teller.look(f"handover-{lang}")
    page.click("tbody a.button")
    teller.look(f"handover-give-{lang}")
    page.click("button.main")
    page.wait_for_url("**/lists/1")
    page.context.clear_cookies()
    archivist = walker("赵档案", Role.ARCHIVIST, "3301", lang)
    page = archivist.go("/handover/3301/lists/1")
    page.check(f"[name='is:{booked(1).serial_no}'][value=found]")
    page.check(f"[name='is:{booked(2).serial_no}'][value=missing]")
    page.fill(f"[name='why:{booked(2).serial_no}']", "第二页不在 / second page not there")
    page.fill("[name=counted]", "1")
    archivist.look(f"handover-list-{lang}")
    page.click("button.main")
    expect(page.locator("input[type=radio]")).to_have_count(0)
    archivist.look(f"handover-received-{lang}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_archivist_moves_a_bag_and_sees_where_it_lies(
    shelved: Parts,  # noqa: F811
    walker: Any,
    lang: str,
) -> None:
    archivist = walker("赵档案", Role.ARCHIVIST, "3301", lang)
    page = archivist.go("/shelf")
    bag = shelved.catalog.archives.one("9409350101").bag
    page.fill("[name=number]", bag)
    page.select_option("[name=into]", "C-01")
    page.fill("[name=reason]", "filed")
    page.click("button.main")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    archivist.look(f"shelf-{lang}")
    page.emulate_media(media="print")
    archivist.look(f"shelf-print-{lang}")
    page.emulate_media(media="screen")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_archivist_settles_what_a_closing_left(
    left_open: Parts,  # noqa: F811
    walker: Any,
    lang: str,
) -> None:
    archivist = walker("赵档案", Role.ARCHIVIST, "3301", lang)
    page = archivist.go(f"/worklist?first={DAY}&last={DAY}&standing=waiting")
    expect(page.locator("tbody tr")).not_to_have_count(0)
    archivist.look(f"worklist-{lang}")
    page.click("tbody tr:has-text('202611193301000003') a")
    page.select_option("[name=to]", "孙柜员")
    page.click("form[action$=assign] button")
    page.fill("form[action$=explain] textarea", "客户次日补交 / comes tomorrow")
    page.click("form[action$=explain] button")
    expect(page.locator(".timeline li")).to_have_count(2)
    archivist.look(f"worklist-item-{lang}")
    page.check("[name=proof][value=page]")
    page.fill("[name=reference]", "0009.jpg")
    page.fill("form[action$=resolve] textarea", "see its back")
    page.click("form[action$=resolve] button")
    expect(page.locator(".fault")).to_contain_text("0009.jpg")
    archivist.look(f"worklist-fault-{lang}")
    assert "422" in archivist.complaints.pop()  # the browser says so too
    expect(page.locator("form[action$=resolve] textarea")).to_have_value("see its back")
    page.fill("[name=reference]", "0001.jpg")
    page.click("form[action$=resolve] button")
    expect(page.locator("form[action$=reopen]")).to_be_visible()
    archivist.look(f"worklist-settled-{lang}")


def test_one_applies_for_access_and_another_approves(captured: Parts, walker: Any) -> None:
    applicant = walker("何敏", Role.ARCHIVIST, "3302")
    page = applicant.go("/requests")
    page.click("main .button.main")
    page.fill("[name=customer]", "9409350101")
    page.fill("[name=purpose]", "法院调卷 2026-118")
    page.check("[value='page.print']")
    applicant.look("request-new")
    page.keyboard.press("Enter")
    expect(page.locator("h1 .mark")).to_have_text("待审批")
    approver = walker("郑规", Role.COMPLIANCE, "3301", lang="en")
    page = approver.go("/requests")
    approver.look("requests")
    page.click("main tbody a >> nth=0")
    approver.look("request")
    page.click("button.main")
    expect(page.locator("h1 .mark")).to_have_text("approved")
    approver.look("request-approved")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_auditor_searches_and_certifies(making: Making, walker: Any, lang: str) -> None:  # noqa: F811
    auditor = walker("审计员", Role.AUDITOR, lang=lang)
    page = auditor.go("/audit")
    auditor.look(f"audit-{lang}")
    page.fill("[name=who]", "李四")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("tbody a")
    auditor.look(f"audit-entry-{lang}")
    with page.expect_download() as given:
        page.click("a.main")
    certificate = given.value.path().read_bytes()
    assert certificate.startswith(b"%PDF")
    if SHOTS:
        (Path(SHOTS) / f"certificate-{lang}.pdf").write_bytes(certificate)
    auditor.go("/access")
    auditor.look(f"access-{lang}")
    page = auditor.go("/evidence")
    page.fill("[name=serial]", booked(1).serial_no)
    page.fill("[name=purpose]", "法院调卷 2026-118")
    page.keyboard.press("Enter")
    expect(page.locator(".fault")).to_be_visible()
    auditor.look(f"evidence-{lang}")
    assert "422" in auditor.complaints.pop()  # the browser says so too


def test_wrong_passwords_are_told_and_the_form_is_usable(browser: Browser, address: str) -> None:
    page = browser.new_page()
    walker = Walker(page, address, "")
    walker.go("/login")
    walker.look("login")
    page.fill("[name=name]", "王芳")
    page.fill("[name=password]", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".fault")).to_be_visible()
    walker.look("login-wrong")
    page.close()

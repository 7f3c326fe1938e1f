"""People's days walked in a real browser: what they see, with which keys, and that everybody can use it."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyotp
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.evidence import Making
from flows.parts import Parts
from pipeline.model import Batch
from pipeline.staff import Role
from pipeline.tasks.states import TaskState
from tests.flows.captured_day import book, read, take_in_typed
from tests.flows.conftest import DAY, booked
from tests.flows.test_evidence import making  # noqa: F401 - a closed day, all of its log signed
from tests.flows.test_settling import left_open  # noqa: F401 - a day whose closing left something
from tests.web.conftest import PASSWORD, Clock, appoint, make_account
from tests.web.test_shelf import shelved  # noqa: F401 - two bags, a room and a cabinet
from web.app import create_app
from web.surroundings import Surroundings

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
SIZES = [(1366, 768), (1920, 1080)]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
SHOTS = os.environ.get("SCREENSHOTS")
"""A folder to which every page that is walked is photographed."""


@pytest.fixture
def address(site: Surroundings) -> Iterator[str]:
    """The site, served on loopback; what is sent is taken in as it comes."""
    with served(site) as address:
        yield address


@contextmanager
def served(site: Surroundings, port: int = 0) -> Iterator[str]:
    """Serve the site for as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(create_app(site), port=port, log_level="warning"))
    with site.intake.working():
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            thread.join(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://localhost:{port}"  # devices answer to names alone, never to addresses
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Walker:
    """A person at a browser."""

    def __init__(self, page: Page, address: str, name: str) -> None:
        self.page, self.address, self.name = page, address, name
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "favicon" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def enter(self) -> None:
        """Send the form of the log-in page off."""
        self.page.fill("[name=name]", self.name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")

    def look(self, name: str) -> None:
        """Have axe look for serious faults, and take a picture where one is wanted."""
        found = Axe().run(self.page).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, [(one["id"], one["nodes"][0]["html"]) for one in serious]
        if SHOTS:
            size = self.page.viewport_size
            assert size
            path = Path(SHOTS) / f"{name}-{size['width']}.png"
            self.page.screenshot(path=path, full_page=True)


@pytest.fixture(params=SIZES, ids=["1366", "1920"])
def walker(
    request: pytest.FixtureRequest,
    browser: Browser,
    address: str,
    parts: Parts,
    clock: Clock,
) -> Iterator[Any]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})

    def log_in(name: str, role: Role, branch: str | None = None, lang: str = "zh") -> Walker:
        appoint(parts, name, role, branch)
        make_account(parts, name, clock())
        context.clear_cookies()
        context.add_cookies([{"name": "lang", "value": lang, "url": address}])
        walker = Walker(context.new_page(), address, name)
        walker.go("/login")
        walker.enter()
        walker.page.wait_for_url(address + "/")
        made.append(walker)
        return walker

    made: list[Walker] = []
    yield log_in
    assert not [complaint for one in made for complaint in one.complaints]
    context.close()


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


def test_a_reviewer_passes_a_page_with_one_key(captured: Parts, walker: Any) -> None:
    reviewer = walker("李静", Role.REVIEWER, "3301")
    page = reviewer.go(f"/review/3301/{DAY}")
    expect(page.locator("#fields tr")).not_to_have_count(0)
    first = page.locator("#title").text_content()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#zone")).to_be_visible()
    reviewer.look("review")
    page.keyboard.press("p")
    expect(page.locator("#title")).not_to_have_text(first or "")
    page.keyboard.press("r")
    expect(page.locator("#why")).to_be_visible()
    reviewer.look("review-why")
    page.keyboard.press("6")
    expect(page.locator("#none")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#desk")).to_be_visible()
    states = [task.state for task in captured.catalog.tasks.of_day(DAY, "3301")]
    assert sorted(states) == [TaskState.CAPTURED, TaskState.REVIEWED]


_COUNTING = """
    window.pressed = []; window.pointed = 0;
    addEventListener("keydown", (event) => event.isTrusted && pressed.push(event.key), true);
    addEventListener("pointerdown", () => pointed++, true);
"""
"""Keeps which keys a person pressed and how often they reached for the mouse."""


@pytest.mark.parametrize("walker", SIZES[:1], ids=["1366"], indirect=True)
def test_a_reviewer_needs_one_key_for_a_page_and_two_to_reject_one(
    parts: Parts,
    intake: Intake,
    closing: Closing,
    batch: Batch,
    scans: Path,
    voucher: Any,
    progress: Any,
    walker: Any,
) -> None:
    """A trained person is to need less than five seconds for a page, without the mouse."""
    rows = {f"000{number}.jpg": booked(number) for number in (1, 2, 3, 4)}
    book(parts, *rows.values())
    for number, name in enumerate(rows):
        (scans / name).write_bytes(voucher(20 + number))
    take_in_typed(intake, scans, batch, progress, None, *rows)
    for name, row in rows.items():
        read(parts, name, row)
    close_branch(closing, DAY, "3301", progress)
    reviewer = walker("李静", Role.REVIEWER, "3301")
    reviewer.page.add_init_script(_COUNTING)
    page = reviewer.go(f"/review/3301/{DAY}")
    expect(page.locator("#fields tr")).not_to_have_count(0)
    seen = [page.locator("#title").text_content() or ""]
    for keys in ("p", "p", "r1"):
        page.keyboard.type(keys)
        expect(page.locator("#title")).not_to_have_text(seen[-1])
        seen.append(page.locator("#title").text_content() or "")
    page.keyboard.type("p")
    expect(page.locator("#none")).to_be_visible()
    assert len(set(seen)) == 4
    assert page.evaluate("pressed") == ["p", "p", "r", "1", "p"]
    assert page.evaluate("pointed") == 0
    states = [task.state for task in parts.catalog.tasks.of_day(DAY, "3301")]
    assert states.count(TaskState.REVIEWED) == 3


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
    page.fill("[name=customer]", "9409350117")
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

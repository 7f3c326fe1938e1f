"""A person at a real browser: what walks of the site share."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from flows.parts import Parts
from pipeline.staff import Role
from tests.web.conftest import PASSWORD, Clock, appoint, make_account
from web.app import create_app
from web.surroundings import Surroundings

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
SIZES = [(1366, 768), (1920, 1080)]
walked = (
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
)
"""Marks of every module of walks: ``pytestmark = list(walked)``."""
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


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's browser for as long as the block lasts."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


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

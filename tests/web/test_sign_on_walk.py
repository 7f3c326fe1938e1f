"""The way to the identity provider and back, in a real browser."""

import socket
from pathlib import Path

from fastapi.testclient import TestClient
from playwright.sync_api import expect

from flows.oidc_settings import OidcSettings
from tests.web.signing_on import browser, company, key, opened, settings
from tests.web.walker import chromium, served, walked
from web.surroundings import Surroundings

__all__ = ["browser", "company", "key", "settings"]  # fixtures
pytestmark = list(walked)


def test_a_real_browser_comes_back_logged_in(
    site: Surroundings,
    settings: OidcSettings,
    browser: TestClient,
    tmp_path: Path,
) -> None:
    """The session's strict cookie is not sent along the way from elsewhere; the page between mends that."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    here = settings.model_copy(update={"site": f"http://localhost:{port}"})
    with served(opened(site, here), port) as address, chromium() as real:
        page = real.new_page()
        complaints: list[str] = []
        page.on(
            "console", lambda told: complaints.append(told.text) if told.type == "error" else None
        )
        page.goto(f"{address}/worklist")
        page.screenshot(path=tmp_path / "login.png")
        page.click("text=使用公司账号登录")
        page.wait_for_url(f"{address}/worklist")
        expect(page.locator("h1")).to_be_visible()
        cookies = {one["name"]: one for one in page.context.cookies()}
        assert cookies["paperproof"]["sameSite"] == "Strict"
        assert "paperproof-company" not in cookies
        page.close()
    assert not complaints

"""An operator scans from the station's device, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.web.test_scanner import site  # noqa: F401 - the site beside a scanner
from tests.web.walker import SIZES, address, browser, walked, walker

__all__ = ["address", "browser", "walker"]  # fixtures
pytestmark = list(walked)


@pytest.mark.parametrize("walker", SIZES[:1], indirect=True)
def test_an_operator_scans_what_is_in_the_feeder(walker: Any) -> None:
    operator = walker("王芳", Role.OPERATOR, "3301")
    page = operator.go(f"/station/3301/{DAY}")
    expect(page.locator("#device option")).to_have_count(2, timeout=60_000)
    page.check("[name=sides][value=feeder]")
    page.click("#scan")
    expect(page.locator("#scanner-told")).to_contain_text("已扫 10 页，扫描仪已停", timeout=60_000)
    expect(page.locator("#pages li")).to_have_count(10, timeout=120_000)
    operator.look("station-scanner")
    page.check("[name=sides][value=duplex]")
    page.click("#scan")
    expect(page.locator("#scanner-told")).to_contain_text("双面进纸器", timeout=60_000)
    expect(page.locator("#scanner-told")).to_have_class("fault")

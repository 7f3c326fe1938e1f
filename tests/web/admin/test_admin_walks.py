"""Administrators' days walked in a real browser."""

import re
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect

from flows.parts import Parts
from flows.publish_profile import text_in_force
from pipeline.staff import Role
from tests.flows.conftest import DAY
from tests.web.conftest import Clock, appoint
from tests.web.walker import CHROMIUM

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]


def show_second_factor(walker: Any, clock: Clock) -> None:
    """Enrol an authenticator, as one does before the first act of weight."""
    page = walker.go("/account")
    page.click("form[action='/account/factor'] button")
    seed = page.locator("main code").text_content()
    page.fill("[name=code]", pyotp.TOTP(seed or "").at(clock()))
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")


def test_a_system_administrator_makes_an_account_and_locks_it(walker: Any, clock: Clock) -> None:
    admin = walker("孙系统", Role.SYSTEM_ADMIN)
    show_second_factor(admin, clock)
    page = admin.go("/admin")
    admin.look("admin")
    page.click(".tiles a[href='/admin/accounts']")
    page.fill("[name=person]", "李静")
    page.keyboard.press("Enter")
    expect(page.locator(".secret code")).not_to_be_empty()
    admin.look("admin-password")
    page.click("main .actions a")
    page.check("[value=lock]")
    page.fill("[name=reason]", "产假")
    admin.look("admin-account")
    page.click("main form button.main")
    expect(page.locator(".flash")).to_be_visible()
    expect(page.locator(".mark.warn")).to_be_visible()
    admin.go("/admin/accounts")
    admin.look("admin-accounts")


def test_a_security_administrator_appoints_and_is_kept_from_mixing_roles(
    parts: Parts, walker: Any, clock: Clock
) -> None:
    appoint(parts, "孙系", Role.IT)
    admin = walker("钱安全", Role.SECURITY_ADMIN, lang="en")
    show_second_factor(admin, clock)
    page = admin.go("/admin/staff")
    for person, role, told in (("李静", "reviewer", ".flash"), ("孙系", "reviewer", ".fault")):
        page.fill("form[method=post] [name=person]", person)
        page.select_option("form[method=post] [name=role]", role)
        page.fill("form[method=post] [name=branch]", "3301")
        page.click("form[method=post] button.main")
        expect(page.locator(told)).to_be_visible()
        admin.look(f"admin-staff{told}")
    expect(page.locator(".fault")).to_contain_text("CG-07b")
    assert "422" in admin.complaints.pop()  # the browser says so too
    page.click(".tabs a[href='/admin/separation']")
    expect(page.locator(".flash")).to_contain_text("0 conflicts")
    admin.look("admin-separation")
    page.click(".tabs a[href='/admin/matrix']")
    admin.look("admin-matrix")


def test_a_system_administrator_looks_at_stores_calendar_and_settings(
    captured: Parts, walker: Any
) -> None:
    admin = walker("孙系统", Role.SYSTEM_ADMIN, lang="en")
    for place in ("stores", "calendar", "settings", "profile"):
        page = admin.go(f"/admin/{place}")
        expect(page.locator("h1")).to_be_visible()
        admin.look(f"admin-{place}")


def test_headquarters_compares_a_profile_and_publishes_it(parts: Parts, walker: Any) -> None:
    headquarters = walker("总部乙", Role.HEADQUARTERS)
    text = text_in_force(parts, DAY).replace("version: 1\n", "version: 2\n", 1)
    page = headquarters.go("/admin/profile")
    page.click("a.button.main")
    page.fill("[name=since]", "2027-01-04")
    file = {"name": "p.yaml", "mimeType": "text/plain", "buffer": b""}
    file["buffer"] = text.replace("min_dpi: 300", "min_dpi: 400", 1).encode()
    page.set_input_files("#file", file)
    expect(page.locator("#text")).to_have_value(re.compile("min_dpi: 400"))
    page.fill("#text", "")
    page.add_script_tag(url="/static/profile.js?late", type="module")  # the file was sooner
    expect(page.locator("#text")).to_have_value(re.compile("min_dpi: 400"))
    headquarters.look("admin-profile-new")
    page.click("form[method=post] button.main")
    expect(page.locator("ins").first).to_have_text("400")
    headquarters.look("admin-profile-compared")
    page.click("form[method=post] button.main")
    expect(page.locator(".flash")).to_be_visible()
    headquarters.look("admin-profile-published")
    page = headquarters.go("/admin/calendar?year=2027")
    page.fill("[name=source]", "国务院办公厅通知（示例）")
    page.fill("[name=published]", "2026-11-25")
    page.fill("[name=days_off]", "2027-02-05 2027-02-08")
    page.click("form[action='/admin/calendar/look'] button")
    headquarters.look("admin-calendar-look")
    page.click("form[action='/admin/calendar'] button.main")
    expect(page.locator(".flash")).to_be_visible()

"""A reviewer's work in a real browser: with which keys, and how many."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.parts import Parts
from pipeline.model import Batch
from pipeline.staff import Role
from pipeline.tasks.states import TaskState
from tests.flows.captured_day import book, read, take_in_typed
from tests.flows.conftest import DAY, booked
from tests.web.walker import SIZES, address, browser, walked, walker

__all__ = ["address", "browser", "walker"]  # fixtures
pytestmark = list(walked)


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

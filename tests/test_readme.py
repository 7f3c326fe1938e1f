"""What the documents promise is there: commands, options, files, and the JSON of close-day."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog.reports.contract import COUNTS
from flows.cli import app
from pipeline.balance import DiscrepancyKind
from pipeline.calendar import DayKind, TradingCalendar, load_notices

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CLOSE_DAY = (ROOT / "docs" / "close-day.md").read_text("utf-8")
SHOWN = sorted(
    set(re.findall(r"^paperproof ([a-z-]+(?: (?:import|watch|mismatch|stop))?)", README, re.M))
)
COMMANDS = (ROOT / "docs" / "commands.md").read_text("utf-8")
OPTIONS = re.findall(r"`paperproof ([^`]*?)`", README + COMMANDS)


@pytest.mark.parametrize("command", SHOWN)
def test_each_command_shown_exists(command: str) -> None:
    assert CliRunner().invoke(app, [*command.split(), "--help"]).exit_code == 0


@pytest.mark.parametrize("shown", OPTIONS)
def test_each_option_shown_exists(shown: str) -> None:
    words = [word for word in re.split(r"[\s\[\]]+", shown) if word]
    command = [
        word for word in words if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-")
    ]
    helped = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"}).output
    everywhere = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    for option in (word for word in words if word.startswith("--")):
        assert option in helped + everywhere


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_contract_names_every_count_and_kind() -> None:
    example = json.loads(re.search(r"```json\n(.*?)```", CLOSE_DAY, re.S).group(1))  # type: ignore[union-attr]
    assert list(example["counts"]) == list(COUNTS)
    for kind in DiscrepancyKind:
        assert f"| `{kind}` |" in CLOSE_DAY


def test_the_calendar_example_is_a_calendar() -> None:
    page = (ROOT / "docs" / "calendar.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.S)
    calendar = TradingCalendar(load_notices(example))
    deadline = calendar.nth_after(date(2027, 2, 4), 1, DayKind.TRADING)
    assert (deadline.date, deadline.provisional) == (date(2027, 2, 9), False)

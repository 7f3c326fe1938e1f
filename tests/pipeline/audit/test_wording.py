"""Whoever reads the log reads words, not identifiers."""

import re
from pathlib import Path

from pipeline.audit.wording import NAMES, name_of

ROOT = Path(__file__).resolve().parents[3]
WRITTEN = re.compile(r'append\(\s*(?:\w+, )?\s*[\w.]+,\s*"([a-z_]+\.[a-z_]+)"')


def test_every_act_that_is_written_has_a_name() -> None:
    written = {
        act
        for package in ("catalog", "flows")
        for path in (ROOT / package).rglob("*.py")
        for act in WRITTEN.findall(path.read_text("utf-8"))
    }
    assert len(written) > 30
    assert not written - set(NAMES)


def test_an_act_without_a_name_is_told_by_its_kind() -> None:
    assert str(name_of("paper.kept")) == "Papers: kept"
    assert str(name_of("later.thing")) == "Other act"

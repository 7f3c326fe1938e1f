"""The lock files hold everything that pyproject.toml asks for, each file pinned by its digest."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=~;\[ ]", one, maxsplit=1)[0].lower() for one in requirements}


@pytest.mark.parametrize(
    ("lock", "groups"),
    [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])],
)
def test_the_lock_holds_what_the_project_asks_for(lock: str, groups: list[str]) -> None:
    text = (ROOT / lock).read_text("utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", text, re.M))
    wanted = names(PROJECT["project"]["dependencies"])
    for group in groups:
        wanted |= names(PROJECT["dependency-groups"][group])
    assert wanted <= pinned
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "http://" not in text
    assert "https://" not in text

"""What a person may get wrong at the command line: one sentence each, exit code 2, nothing changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import _everywhere_first


def paperproof(*arguments: str | Path) -> tuple[int, str]:
    program = [sys.executable, "-c", "from flows.cli import main; main()", *map(str, arguments)]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr.strip()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("close-day", "2026-11-19"), "paperproof init"),
        (("close-day", "yesterday"), "write it like 2026-11-19"),
        (("take-in", "missing", "--branch", "3301"), "check the path"),
        (("take-in", ".", "--branch", "../x"), "cannot be a branch number"),
        (("report", "mismatch", "--day", "2026-11-19", "--format", "pdf"), "html, xlsx, csv"),
        (("read", "missing.jpg", "--engine", "crystal-ball"), "rapidocr or tesseract"),
        (("nix",), "has no command nix; “"),
        (("statoin",), "did you mean station"),
        (("station", "statsu"), "did you mean status"),
        (("close-day",), "needs a value for day"),
        (("take-in", "scans"), "needs a value for --branch"),
        (("report", "mismatch", "--day"), "needs a value for --day"),
        (("take-in", "scans", "--branc", "3301"), "did you mean --branch"),
        (("take-in", "scans", "--bogus"), "has no option --bogus"),
        (("key", "enter", "2", "-5"), "write -- before"),
        (("specimens", "day", "--pages", "few"), "The value of --pages does not hold"),
    ],
)
def test_each_mistake_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    code, told = paperproof("--workspace", tmp_path / "none", "--lang", "en", *arguments)
    assert code == 2
    assert words in told
    assert "\n" not in told
    assert not (tmp_path / "none").exists()


def test_the_bare_command_shows_what_there_is() -> None:
    program = [sys.executable, "-c", "from flows.cli import main; main()"]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert "take-in" in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_mistakes_are_told_in_chinese_too(tmp_path: Path) -> None:
    code, told = paperproof("close-day", "2026-11-19", "-w", tmp_path / "none", "--lang", "zh")
    assert code == 2
    assert "工作区" in told
    assert "缺少 day 的值" in paperproof("close-day", "--lang", "zh")[1]


def test_a_password_on_the_command_line_is_refused(tmp_path: Path) -> None:
    address = "postgresql://archive:s3cret@db/paperproof"
    folder = tmp_path / "w"
    code, told = paperproof(
        "--workspace", str(folder), "--lang", "en", "init", "--catalog", address
    )
    assert (code, folder.exists()) == (2, False)
    assert "can be seen by others" in told
    assert "s3cret" not in told


def test_workspace_and_language_may_stand_behind_the_command() -> None:
    assert _everywhere_first(["init", "--workspace", "w", "--lang=zh"]) == [
        "--workspace",
        "w",
        "--lang=zh",
        "init",
    ]
    assert _everywhere_first(["read", "--", "--lang"]) == ["read", "--", "--lang"]
    assert _everywhere_first(["init", "--workspace"]) == ["--workspace", "init"]

"""The command line's help: Chinese for every command where Chinese is asked for, else as it was written."""

import os
import re
import subprocess
import sys

import pytest
from rich.cells import cell_len
from typer.main import get_command

from flows.cli import app
from flows.told_help import texts_of, texts_of_frame
from pipeline.language import translated

HAN = re.compile(r"[\u4e00-\u9fff]")


def helped(*arguments: str, **surroundings: str) -> str:
    """What the program writes to standard output, on a terminal of 80 columns."""
    program = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))
    }
    environment = clean | {"COLUMNS": "80", "PAPERPROOF_LANG": "", **surroundings}
    ran = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    assert ran.stderr == ""
    return ran.stdout


def test_no_text_of_any_command_is_left_in_english() -> None:
    texts = {*texts_of(get_command(app)), *texts_of_frame()}
    assert len(texts) > 700, "the walk through the commands found too few to be believed"
    assert [text for text in texts if not HAN.search(translated(text, "zh"))] == []


def test_the_help_of_a_command_and_the_words_around_it_are_chinese() -> None:
    told = helped("take-in", "--help", "--lang", "zh")
    for words in (
        "用法：",
        "[选项]",
        "参数",
        "选项",
        "[必填]",
        "[默认：station-1]",
        "显示本说明并退出。",
    ):
        assert words in told
    for words in ("Usage", "OPTIONS", "Options", "Arguments", "required", "default", "Show"):
        assert words not in told
    assert "接收一个文件夹的扫描件" in told


@pytest.mark.parametrize("arguments", [(), ("storage", "hold", "--help")])
def test_groups_list_their_commands_in_chinese(arguments: tuple[str, ...]) -> None:
    told = helped(*arguments, PAPERPROOF_LANG="zh")
    assert "命令 [参数]..." in told
    assert "─ 命令 ─" in told
    listed = re.findall(r"^│ [a-z][a-z-]*  +(\S.*?) *│$", told, re.M)
    assert listed
    assert [line for line in listed if not HAN.search(line)] == []


def test_english_help_is_as_it_was_written() -> None:
    told = helped("storage", "verify", "--help", LANG="en_US.UTF-8")
    assert "Look at the copies in primary, replica and cold volumes" in told
    for words in ("Usage: ", "[OPTIONS]", "─ Options ─", "[default: bytes]", "Show this message"):
        assert words in told
    assert not HAN.search(told)


def test_chinese_lines_are_full_and_none_begins_with_a_closing_mark() -> None:
    told = helped("paper", "explain", "--help", LANG="zh_CN.UTF-8")
    assert "lost（遗失，已上报）。" in told, "a long list is cut off"
    lines = [line.strip("│ ") for line in told.splitlines()]
    assert [line for line in lines if line.startswith(tuple("，。；：、）"))] == []
    assert max(map(cell_len, told.splitlines())) == 80


def test_brackets_in_a_help_text_are_shown() -> None:
    assert "name: [left, top," in helped("form", "learn", "--help")


def test_usage_tells_once_what_may_be_left_out_or_repeated() -> None:
    assert "accept [OPTIONS] {NUMBER} [ENTRY]... " in helped("transfer", "accept", "--help")

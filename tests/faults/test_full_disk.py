"""A disk that is really full: a small file system of its own, which grows later (event 20, rule R12).

The killing's full disk is a limit on the size of files; this one is ENOSPC, for everything at once.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline.errors import PaperproofError
from tests.faults.acts import finish, taking_in
from tests.faults.killing import Worlds
from tests.faults.looking import look
from tests.faults.procedures import PROCEDURES, Procedure
from tests.faults.world import World

pytestmark = pytest.mark.slow
BY_NAME = {one.name: one for one in PROCEDURES}
FREE = (0, 8 << 10, 40 << 10, 96 << 10)
"""Bytes left on the disk when the run begins."""
Shrink = Callable[[Path, int | None], None]


@pytest.fixture
def shrink() -> Iterator[Shrink]:
    """Put a folder on a disk of its own with so many bytes free; None: with plenty again."""
    mounted: list[Path] = []

    def to(folder: Path, free: int | None) -> None:
        if folder not in mounted:
            aside = folder.with_name(f"{folder.name} aside")
            folder.rename(aside)
            folder.mkdir()
            try:
                mount(folder, "size=64m")
            except (OSError, subprocess.CalledProcessError):
                pytest.skip("only root may mount a small disk, where the machine allows it at all")
            mounted.append(folder)
            shutil.copytree(aside, folder, dirs_exist_ok=True)
        used = shutil.disk_usage(folder).used
        size = "64m" if free is None else max(used + free, 4096)  # 0 would be no limit
        mount(folder, f"size={size}", "remount,")

    try:
        yield to
    finally:
        for folder in mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


def mount(folder: Path, options: str, again: str = "") -> None:
    command = ["mount", "-t", "tmpfs", "-o", again + options, "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize(
    ("name", "place"),
    [
        *(("take in an inbox", place) for place in (".", "spool", "quarantine", "p", "r")),
        ("pay debts", "r"),
        ("sweep", "."),
        ("pack a volume", "cold"),
    ],
)
def test_a_full_disk_is_told_and_the_next_run_finishes(
    name: str, place: str, worlds: Worlds, tmp_path: Path, shrink: Shrink
) -> None:
    procedure, told = BY_NAME[name], []
    for free in FREE:
        world = worlds.due(procedure, 1, tmp_path / str(free))
        shrink(world.folder / place, free)
        told += full_run(procedure, world)
        shrink(world.folder / place, None)
        with world.open() as (parts, stores):
            for work in (taking_in, procedure.act, finish):
                work(world, parts, stores, lambda _: None)
        broken = look(world)
        assert broken.kept, (free, broken.told)
    assert told, "no disk was small enough"


def full_run(procedure: Procedure, world: World) -> list[str]:
    """Run on the full disk; what people are told, if it did not suffice."""
    try:
        # It fills up only now: a batch that it could never hold is refused before.
        with (
            patch("flows.take_in._room_for", lambda *_: None),
            world.open() as (parts, stores),
        ):
            procedure.act(world, parts, stores, lambda _: None)
    except PaperproofError as error:
        return [error.message.in_language("en")]
    except OSError as error:  # which the command line tells, with the file's name
        assert (error.errno, bool(error.filename)) == (errno.ENOSPC, True)
        return [str(error)]
    return []

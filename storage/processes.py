"""Processes of this machine, told apart by number and moment of start (Linux /proc)."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def identity(pid: int) -> str | None:
    """Return "<pid>-<boot>-<ticks>", never given twice; None when no such process runs any more."""
    folder = _PROC / str(pid)
    try:
        stat = (folder / "stat").read_bytes()
        # The command's name may hold blanks and brackets; the plain fields follow its last bracket.
        state, *fields = stat.rpartition(b")")[2].decode("ascii").split()
        # A process killed with its threads holds files and ports until the last thread has ended.
        if state in ("Z", "X") and len(list((folder / "task").iterdir())) <= 1:
            return None
    except (FileNotFoundError, ProcessLookupError):
        return None
    boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").partition("-")[0]
    return f"{pid}-{boot}-{fields[18]}"


def pid_of(known_as: str) -> int:
    """Return the process number in what ``identity`` returned."""
    return int(known_as.partition("-")[0])


def is_alive(known_as: str) -> bool:
    """Tell whether the very process that ``identity`` named still runs."""
    pid = known_as.partition("-")[0]
    return pid.isdecimal() and identity(int(pid)) == known_as


def with_argument(argument: str) -> list[str]:
    """Return the identities of the running processes that were started with ``argument``."""
    wanted = os.fsencode(argument)
    found = [
        identity(int(folder.name))
        for folder in _PROC.iterdir()
        if folder.name.isdecimal() and wanted in _command_line(folder)
    ]
    return [known_as for known_as in found if known_as is not None]


def end(known_as: str, patience: float) -> None:
    """Ask a process to end, kill it after ``patience`` seconds, and wait until it is gone."""
    pid = pid_of(known_as)
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # The handle pins the process: only now is it certain that the number was not given anew.
        if not is_alive(known_as):
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, sign)
            if select.select([handle], [], [], patience)[0]:
                break
    finally:
        os.close(handle)
        reap(pid)


def reap(pid: int) -> None:
    """Let an ended child of this process go; another's child is left alone."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _command_line(folder: Path) -> list[bytes]:
    try:
        return (folder / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []

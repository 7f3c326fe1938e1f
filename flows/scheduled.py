"""The flows that the Prefect server starts by schedule: what a person would type, with retries.

A worker on the host that has the workspace runs them, ``paperproof worker start``; which workspace that is
stands in its surroundings. What is done stands in the catalog alone, so each may run twice, anywhere, or
never: the next run makes up for it. Importing this module imports Prefect, which takes seconds.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import nightly
from flows.closing_run import open_closing, write_reports
from flows.commands.session import Session
from flows.missed_days import close_due
from flows.settings import load_settings, spoken_language, workspace_folder
from flows.stores import open_stores
from flows.terminal import Terminal
from ingest.inbox import scan_files
from pipeline.clocks import ZONE
from pipeline.errors import PaperproofError
from pipeline.language import Message, say

PROGRAM = (sys.executable, "-P", "-c", "from flows.cli import main; main()")
_LEFT_TO_DO = {3, 4}
"""Exit codes of what was done and left something for people."""


@flow(name="take-in", flow_run_name="take-in {branch}", retries=2, retry_delay_seconds=60)
def take_in(branch: str) -> State[None]:
    """Take in what lies in a branch's inbox; the pages are read by the reading workers."""
    folder = workspace_folder(None)
    inbox = folder / load_settings(folder).deploy.inboxes.format(branch=branch)
    inbox.mkdir(parents=True, exist_ok=True)
    if not scan_files(inbox):
        return Completed(message=_told(say("Nothing lies in {inbox}.", inbox=inbox)))
    return _as_typed("station", "watch", str(inbox), "--branch", branch, "--once", "--read-later")


@flow(name="read", retries=2, retry_delay_seconds=30)
def read() -> State[None]:
    """Read chunks of pages until none is open."""
    return _as_typed("worker", "read", "--until-empty")


@flow(name="close", retries=2, retry_delay_seconds=300)
def close() -> State[None]:
    """Close every day that is not closed, the oldest first: missed nights are made up for in order."""
    logger = get_run_logger()
    session = Session(workspace_folder(None), Terminal(spoken_language()))
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        closing = open_closing(
            stack, parts, stores, session.person(), lambda said: logger.info(_told(said))
        )
        today = datetime.now(ZONE).date()
        night = close_due(closing, today, nightly.close_day, _Unwatched(), write_reports)
    for said in night.notes:
        logger.warning(_told(said))
    if night.fault:
        raise night.fault
    still_open = [one for one in night.closed if not one.closed]
    told = say(
        "{count} branch days were closed, {open} stay open.",
        count=len(night.closed) - len(still_open),
        open=len(still_open),
    )
    return Completed(message=_told(told), name="LeftToDo" if still_open or night.notes else None)


@flow(name="upkeep", retries=1, retry_delay_seconds=600)
def upkeep() -> State[None]:
    """Keep the copies up: debts, sweep, verification, the log."""
    return _as_typed("storage", "nightly")


@flow(name="pack", retries=1, retry_delay_seconds=600)
def pack() -> State[None]:
    """Pack what is in no cold volume yet."""
    return _as_typed("cold", "pack")


@flow(name="drill", retries=1, retry_delay_seconds=600)
def drill() -> State[None]:
    """Hold a restore drill."""
    return _as_typed("storage", "drill")


@flow(name="upload", retries=2, retry_delay_seconds=600)
def upload() -> State[None]:
    """Send headquarters what it has not of the last month."""
    return _as_typed("upload")


def _as_typed(*words: str) -> State[None]:
    """Run a command of the command line; its lines go into the run's log, its exit code tells the state."""
    logger = get_run_logger()
    last = ""
    call = (*PROGRAM, "--workspace", str(workspace_folder(None)), *words)
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout
        for line in running.stdout:
            if told := line.rstrip():
                logger.info(told)
                last = told
    if running.returncode == 0:
        return Completed(message=last)
    if running.returncode in _LEFT_TO_DO:
        return Completed(message=last, name="LeftToDo")
    raise PaperproofError(
        say(
            "“paperproof {words}” ended with exit code {code}: {last}",
            words=" ".join(words),
            code=running.returncode,
            last=last or "–",
        )
    )


def _told(message: Message) -> str:
    return message.in_language(spoken_language())


class _Unwatched:
    """Progress that nobody watches."""

    def total(self, count: int) -> None:
        """See ``Progress``."""

    def step(self, note: Message) -> None:
        """See ``Progress``."""

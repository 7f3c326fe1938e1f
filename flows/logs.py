"""Where events go: JSON lines for machines, or plain lines for a person; never a value of a customer."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from flows.settings import SETTINGS_NAME
from flows.stage_times import StageTimes
from flows.watch_settings import LogSettings
from flows.workspace import Workspace
from pipeline.events import LOGGER, event, places


class JsonLines(logging.Formatter):
    """A record as one JSON object in a line: time, level, event, command, worker, and what it is about."""

    def __init__(self, command: str) -> None:
        super().__init__()
        self._always = {"command": command, "worker": f"{socket.gethostname()}:{os.getpid()}"}

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        return json.dumps({**_head(record), **self._always, **_about(record)}, default=str)


class Plain(logging.Formatter):
    """A record in one line that a person reads."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        head, about = _head(record), _about(record)
        told = " ".join(f"{name}={value}" for name, value in about.items())
        return f"{head['time']} {head['level']:<7} {head['event']} {told}".rstrip()


STOPPED = 130
"""Exit code of what was stopped by Ctrl-C."""


@contextmanager
def written(settings: LogSettings, folder: Path, command: str) -> Iterator[None]:
    """Write events while the block lasts; ``folder``: the workspace, where there is one."""
    logger = logging.getLogger(LOGGER)
    handlers: list[logging.Handler] = [_lines(settings, folder, command)]
    with ExitStack() as stack:
        if (folder / SETTINGS_NAME).is_file():
            handlers.append(stack.enter_context(StageTimes.of(Workspace(folder).stage_times)))
        before = logger.level, logger.propagate
        logger.setLevel(logging.INFO)
        logger.propagate = False
        for one in handlers:
            logger.addHandler(one)
        try:
            with _command():
                yield
        finally:
            for one in handlers:
                logger.removeHandler(one)
            handlers[0].close()
            logger.level, logger.propagate = before


@contextmanager
def _command() -> Iterator[None]:
    """Tell that a command began and how it ended; what it says to people is not repeated here."""
    event("command.begun")
    try:
        yield
    except BaseException as error:
        code = STOPPED if isinstance(error, KeyboardInterrupt) else getattr(error, "exit_code", 1)
        event("command.ended", code=code, error=type(error).__name__)
        raise
    event("command.ended", code=0)


def _lines(settings: LogSettings, folder: Path, command: str) -> logging.Handler:
    if settings.file:
        path = folder / settings.file
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = WatchedFileHandler(path, encoding="utf-8", delay=True)
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(command) if settings.form == "json" else Plain())
    if settings.form == "errors":
        handler.setLevel(logging.ERROR)
    return handler


def _head(record: logging.LogRecord) -> dict[str, str]:
    at = datetime.fromtimestamp(record.created, UTC)
    return {
        "time": at.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "event": record.getMessage(),
    }


def _about(record: logging.LogRecord) -> dict[str, Any]:
    about = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in getattr(record, "about", {}).items()
        if value is not None
    }
    return about if not record.exc_info else {**about, **_error(record.exc_info[1])}


def _error(error: BaseException | None) -> dict[str, Any]:
    """The kind and the places of an error; its own words stay out, for they may quote what was read."""
    if error is None:
        return {}
    return {"error": type(error).__name__, "trace": places(error)}

"""The log's public key: the workspace's own, or as it is named."""

from __future__ import annotations

from pathlib import Path

from flows.log_signing import public_file
from flows.settings import load_settings
from flows.workspace import Workspace
from pipeline.audit.note import LogKey
from pipeline.errors import UserError
from pipeline.language import say


def workspace_key(workspace: Path) -> LogKey:
    """The workspace's own key; raises UserError when there is none."""
    path = public_file(Workspace(workspace).audit(load_settings(workspace)))
    if not path.exists():
        raise UserError(
            say(
                "The public key {path} is not there; name it with --key, or have “paperproof audit key "
                "make” make one.",
                path=path,
            )
        )
    return named_key(str(path))


def named_key(named: str) -> LogKey:
    """A key as its line, or a file with it; raises UserError when it is none."""
    path = Path(named)
    if "+" in named and not path.is_file():
        return LogKey.read(named)
    try:
        return LogKey.read(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(say("The key {path} cannot be read.", path=path)) from error

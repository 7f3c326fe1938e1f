"""The command line's commands, each loaded when it is named: loading all of them takes seconds."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING

from typer import Typer
from typer.core import TyperGroup
from typer.main import get_group

if TYPE_CHECKING:
    from typer._click import Command, Context

ROOM_OF = {
    "init": "archive",
    "specimens": "archive",
    "take-in": "intake",
    "digital": "digital",
    "read": "reading",
    "close-day": "days",
    "derive": "derive",
    "link": "linking",
    "find": "texts",
    "overdue": "overdue",
    "store": "archive",
    "stream": "stream",
    "station": "station",
    "agent": "agent",
    "form": "forms",
    "profile": "profile",
    "key": "keying",
    "sheets": "sheets",
    "task": "tasks",
    "review": "review",
    "report": "days",
    "mismatch": "mismatch",
    "customers": "customers",
    "text": "texts",
    "staff": "staff",
    "access": "access",
    "secrecy": "secrecy",
    "account": "accounts",
    "login": "login",
    "logout": "login",
    "whoami": "login",
    "branch": "branches",
    "calendar": "calendar",
    "paper": "paper",
    "handover": "handover",
    "transfer": "transfer",
    "archive": "customer_archive",
    "canary": "canary",
    "sample": "sample",
    "upload": "upload",
    "storage": "storage",
    "cold": "cold",
    "retention": "retention",
    "destroy": "destroy",
    "rebuild-catalog": "rebuilding",
    "web": "web.command",
    "audit": "audit",
    "evidence": "evidence",
    "export": "exports",
    "metrics": "metrics",
    "alerts": "alerts",
    "worker": "worker",
    "deploy": "deploy",
    "requirements": "requirements",
}
"""Word of the command line, in the help's order -> the module of ``flows.commands`` that adds it.

One with a dot is a whole name: the site may use all of flows, so flows may not import it.
"""


class OnDemand(TyperGroup):
    """A group that knows the words of its commands and loads the module of the one that is named."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - the signatures are Typer's
        """Give the words of all commands."""
        return list(ROOM_OF)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002
        """Give a command by its word, None when there is none."""
        if cmd_name in ROOM_OF and cmd_name not in self.commands:
            self.commands.update(_loaded(ROOM_OF[cmd_name]).commands)
        return self.commands.get(cmd_name)


def _loaded(room: str) -> TyperGroup:
    commands = Typer()
    import_module(room if "." in room else f"flows.commands.{room}").add_commands(commands)
    gc.freeze()  # what the program is made of is no garbage; looked through it is again and again
    return get_group(commands)

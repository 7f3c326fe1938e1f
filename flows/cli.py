"""The command line: ``paperproof``. Exit codes: 0 done, 1 a fault, 2 the request cannot be met, 3 done
with something left to see to, 4 a day stays open, 130 stopped by the user."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from itertools import pairwise
from pathlib import Path

import typer
from typer.exceptions import TyperException

from flows.commands.session import Session
from flows.logs import STOPPED, written
from flows.on_demand import OnDemand
from flows.settings import log_settings, spoken_language, workspace_folder
from flows.terminal import Terminal
from flows.told_help import help_in
from flows.usage import FACTOR_ASKED_BY, mistake
from pipeline.access.policy import Because, NotAllowed
from pipeline.errors import PaperproofError, refused_by_system
from pipeline.language import LANGUAGES, say

_MADE_BEFORE_A_LOOK = 100_000
"""Objects made before garbage is looked for: a day's pages and tasks live on, and 700 cost a quarter more."""
_EVERYWHERE = ("--workspace", "-w", "--lang")

app = typer.Typer(
    cls=OnDemand,
    help="Paperproof: a day's paper vouchers into a proven archive.",
    epilog="--workspace and --lang may stand before or behind a command.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _session(
    context: typer.Context,
    workspace: Path | None = typer.Option(
        None,
        "--workspace",
        "-w",
        help="The workspace's folder ($PAPERPROOF_WORKSPACE, else ./paperproof-workspace).",
    ),
    lang: str | None = typer.Option(
        None, "--lang", help="zh or en ($PAPERPROOF_LANG, else the locale)."
    ),
) -> None:
    """Turn a day's paper vouchers into a proven archive."""
    if lang is not None and lang not in LANGUAGES:
        raise typer.BadParameter("zh or en", param_hint="--lang")
    spoken = spoken_language(lang)
    folder = workspace_folder(workspace)
    context.with_resource(written(log_settings(folder), folder, context.invoked_subcommand or "–"))
    context.obj = Session(folder, Terminal(spoken), named_language=lang)


def main() -> None:
    """Run the command line; every error ends in one sentence and its exit code."""
    gc.set_threshold(_MADE_BEFORE_A_LOOK)
    arguments = _everywhere_first(sys.argv[1:])
    terminal = Terminal(spoken_language(_asked_language(arguments)))
    help_in(terminal.lang)
    try:
        code = app(arguments, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except TyperException as error:
        if told := mistake(error):
            terminal.note(told)
        sys.exit(error.exit_code)
    except PaperproofError as error:
        terminal.note(error.message)
        if isinstance(error, NotAllowed) and error.reason == Because.SECOND_FACTOR:
            terminal.note(FACTOR_ASKED_BY)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == STOPPED:  # Typer's own answer to Ctrl-C
            terminal.note(
                say("Stopped. What was finished is kept; run the same command again to go on.")
            )
        raise
    except BrokenPipeError:
        # The reader of our output (head, less) went away: nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        terminal.note(
            say(
                "The system refused {what}: {why}; mend that and run the same command again: what was "
                "finished is kept.",
                what=error.filename or "–",
                why=refused_by_system(error),
            )
        )
        sys.exit(1)
    except Exception:
        traceback.print_exc()
        terminal.note(
            say(
                "This is a fault of Paperproof itself; keep the lines above for IT. What was finished "
                "is kept."
            )
        )
        sys.exit(1)


def _everywhere_first(arguments: list[str]) -> list[str]:
    """Move --workspace and --lang to the front, so that they may stand behind a command too."""
    first, rest = [], []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in _EVERYWHERE:
            first += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith(tuple(f"{name}=" for name in _EVERYWHERE if name.startswith("--"))):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


def _asked_language(arguments: list[str]) -> str | None:
    """The language asked for, needed before the arguments are parsed, for errors in parsing too."""
    for option, value in pairwise([*arguments, ""]):
        if option == "--lang":
            return value
        if option.startswith("--lang="):
            return option.removeprefix("--lang=")
    return None

"""The command line's help in the language of whoever asks; it is written in English, beside each command."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import ClassVar

from typer import Context
from typer._click import Command, HelpFormatter, Parameter
from typer.core import TyperCommand, TyperGroup

from pipeline.language import say, translated

_TEXTS = ("help", "short_help", "epilog", "options_metavar", "subcommand_metavar")
"""Attributes of commands and parameters that their help shows; names of values are names, as in errors."""
_FRAME = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "DEFAULT_STRING",
    "REQUIRED_LONG_STRING",
)
"""Words of Typer's own around these texts."""
_HAN, _OPENING, _CLOSING = r"\u4e00-\u9fff", "（《“‘", r"，。；：、！？）》”’…\])"
_WORD = re.compile(
    rf"(?=.)\s*[{_OPENING}]*([{_HAN}]|[^\s{_HAN}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*\s*", re.DOTALL
)
"""What is not broken over lines: each Chinese sign, with the marks that may not stand apart from it."""


def help_in(lang: str) -> None:
    """Have every command tell its help in ``lang`` from now on; in English it is told as it stands."""
    if lang == "en":
        return
    _Told.lang = lang
    TyperCommand.context_class = TyperGroup.context_class = _Told


def texts_of(command: Command) -> Iterator[str]:
    """Yield every text that the help of a command, and of those within it, shows."""
    for one in _shown(command, Context(command)):
        yield from (text for _, text in _texts(one))
        if isinstance(one, Command) and one is not command:
            yield from texts_of(one)


def texts_of_frame() -> Iterator[str]:
    """Yield the words that stand around the texts of every command."""
    from typer import rich_utils  # takes its time to load; who wants no help needs none

    for name in _FRAME:
        yield getattr(rich_utils, name)


class _Formatter(HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or say("Usage: ").in_language(_Told.lang))


class _Told(Context):
    """A command at work, whose help is translated when it is asked for."""

    lang: ClassVar[str] = "en"
    formatter_class = _Formatter

    def get_help(self) -> str:
        """Give the help, for the option and where a command is named without what it needs."""
        for one in _shown(self.command, self):
            for name, text in _texts(one):
                setattr(one, name, translated(text, self.lang))
        _translate_frame(self.lang)
        return super().get_help()


def _shown(command: Command, context: Context) -> Iterator[Command | Parameter]:
    """Yield what a command's help tells of: itself, its parameters, the commands right within it."""
    yield command
    yield from command.get_params(context)
    if isinstance(command, TyperGroup):
        for word in command.list_commands(context):
            if inner := command.get_command(context, word):
                yield inner


def _texts(one: Command | Parameter) -> Iterator[tuple[str, str]]:
    for name in _TEXTS:
        if text := getattr(one, name, None):
            yield name, inspect.cleandoc(text)


def _translate_frame(lang: str) -> None:
    from rich import _wrap
    from typer import rich_utils

    for name in _FRAME:
        setattr(rich_utils, name, translated(getattr(rich_utils, name), lang))
    rich_utils.OptionHighlighter.highlights.append(
        rf"(?P<usage>{say('Usage: ').in_language(lang)})"
    )
    _wrap.re_word = _WORD  # Rich takes a sentence without blanks for one word

"""What is wrong with a command line, in one sentence in the user's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from typer.exceptions import TyperException

from pipeline.language import Message, say

FACTOR_ASKED_BY = say(
    "“paperproof login” asks for it again; who has none yet gets one with “paperproof account second-factor”."
)
"""Where somebody at the command line shows the second factor that an act asks for."""


def mistake(error: TyperException) -> Message | None:
    """Say what is wrong and where the command is explained; None where the error is its help itself."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return None
    command = getattr(getattr(error, "ctx", None), "command_path", "paperproof")
    if unknown := re.match("No such command '(.*?)'", error.message):
        return _no_command(error, command, unknown[1])
    option = getattr(error, "option_name", None)
    if kind == "NoSuchOption" and option:
        return _no_option(command, option, getattr(error, "possibilities", None))
    param = getattr(error, "param", None)
    if extra := re.search(r"unexpected extra arguments?(?:\(s\))? \((.*)\)", error.message):
        return say(
            "{command} takes no further word ({words}); “{command} --help” explains it.",
            command=command,
            words=extra[1],
        )
    name = option or (param.get_error_hint() if param else getattr(error, "param_hint", None))
    if not name:
        return say(
            "This cannot be followed ({why}); “{command} --help” lists what there is.",
            command=command,
            why=str(error.message).rstrip("."),
        )
    name = str(name).replace("'", "")
    if "does not take a value" in error.message:
        return say(
            "{name} takes no value; “{command} --help” explains it.", name=name, command=command
        )
    if kind in ("MissingParameter", "BadOptionUsage"):
        return say(
            "{command} needs a value for {name}; “{command} --help” explains it.",
            command=command,
            name=name,
        )
    return say(
        "The value of {name} does not hold ({why}); “{command} --help” explains it.",
        name=name,
        command=command,
        why=_why(error.message),
    )


def _why(told: str) -> Message:
    """What is wrong with a value, from the words of the library that checks it."""
    for pattern, words in _WHY:
        if found := re.search(pattern, told):
            return words(found[1])
    return Message("{why}", (("why", told),))


_WHY: Sequence[tuple[str, Callable[[str], Message]]] = (
    (r"valid (integer)", lambda _: say("a whole number is wanted")),
    (r"valid (number)", lambda _: say("a number is wanted")),
    (
        r"greater than or equal to (\S+)",
        lambda limit: say("it must be {limit} or more", limit=limit),
    ),
    (r"less than or equal to (\S+)", lambda limit: say("it must be {limit} or less", limit=limit)),
)


def _no_command(error: TyperException, command: str, word: str) -> Message:
    context = getattr(error, "ctx", None)
    others = get_close_matches(word, context.command.list_commands(context)) if context else []
    if others:
        return say(
            "{command} has no command {word}; did you mean {others}?",
            command=command,
            word=word,
            others=", ".join(others),
        )
    return say(
        "{command} has no command {word}; “{command} --help” lists those it has.",
        command=command,
        word=word,
    )


def _no_option(command: str, option: str, others: list[str] | None) -> Message:
    if option[1:2].isdigit():
        return say(
            "{option} was taken for an option; write -- before a value that begins with a minus sign.",
            option=option,
        )
    if others:
        return say(
            "{command} has no option {option}; did you mean {others}?",
            command=command,
            option=option,
            others=", ".join(others),
        )
    return say(
        "{command} has no option {option}; “{command} --help” lists those it has.",
        command=command,
        option=option,
    )

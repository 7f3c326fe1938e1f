"""The core requirements, each with the code that keeps it and the tests that prove it."""

from __future__ import annotations

import json

import typer

from flows.commands.session import Session
from pipeline.core_requirements import CoreRequirement, core_requirements
from pipeline.errors import UserError
from pipeline.language import Message, say


def add_commands(app: typer.Typer) -> None:
    """Add requirements."""
    app.command("requirements")(requirements)


def requirements(
    context: typer.Context,
    named: list[str] = typer.Argument(None, metavar="ID", help="These only (all)."),
    only_open: bool = typer.Option(False, "--open", help="Those only that no test proves."),
    as_json: bool = typer.Option(False, "--json", help="As JSON, for an auditor's own tools."),
) -> None:
    """Tell where each core requirement of the rules is kept, and by which tests it is proved."""
    session: Session = context.obj
    chosen = [one for one in _chosen(named or []) if one.is_open or not only_open]
    if as_json:
        text = json.dumps([one.as_json() for one in chosen], ensure_ascii=False, indent=1)
        session.terminal.raw(text)
        return
    if named:
        for one in chosen:
            _tell(session, one)
        return
    session.terminal.table(
        say("Core requirements"),
        (say("Number"), say("State"), say("Tests"), say("What it asks for")),
        [
            (
                one.id,
                _state(one).in_language(session.terminal.lang),
                str(len(one.proved)),
                one.title.in_language(session.terminal.lang),
            )
            for one in chosen
        ],
    )
    open_ones = sum(one.is_open for one in chosen)
    session.terminal.tell(
        say(
            "{count} requirements: {proved} proved by tests, {open} open.",
            count=len(chosen),
            proved=len(chosen) - open_ones,
            open=open_ones,
        )
    )


def _chosen(named: list[str]) -> list[CoreRequirement]:
    known = {one.id: one for one in core_requirements()}
    for id_ in named:
        if id_ not in known:
            raise UserError(
                say(
                    "There is no core requirement {id}; “paperproof requirements” lists them.",
                    id=id_,
                )
            )
    return [known[id_] for id_ in named] if named else list(known.values())


def _tell(session: Session, one: CoreRequirement) -> None:
    tell = session.terminal.tell
    tell(say("{id}: {title} ({state})", id=one.id, title=one.title, state=_state(one)))
    for place in one.enforced:
        tell(say("  kept by {place}", place=place))
    for test in one.proved:
        tell(say("  proved by {test}", test=test))


def _state(one: CoreRequirement) -> Message:
    return say("without a test") if one.is_open else say("proved")

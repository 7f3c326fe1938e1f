"""Registering what runs by schedule with a Prefect server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import typer

from flows.commands.session import Session
from flows.deployments import Change, State, compare, wanted
from flows.settings import join_prefect
from flows.terminal import Terminal
from pipeline.errors import UserError
from pipeline.language import Message, say

_STATES = {
    State.NEW: say("new"),
    State.CHANGED: say("changed"),
    State.UNCHANGED: say("unchanged"),
    State.RETIRED: say("not wanted any more: paused"),
}


def add_commands(app: typer.Typer) -> None:
    """Add deploy."""
    app.command("deploy")(deploy)


def deploy(
    context: typer.Context,
    api: str = typer.Option(None, "--api", help="The Prefect server (setting “deploy.api”)."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show it, change nothing."),
) -> None:
    """Register the flows with a Prefect server: taking in by branch, reading, closing, upkeep, sending.

    Run again, it changes what differs from the settings and the branches, and says what.
    """
    session: Session = context.obj
    with session.open_parts(reading=True) as parts:
        home = parts.workspace.prefect
        settings = parts.settings.deploy
        registered = [one.code for one in parts.catalog.branches.all()]
        branches = registered or sorted(parts.catalog.branches.in_hand())
    at = api or settings.api
    if not at.startswith(("http://", "https://")):
        raise UserError(
            say("{api} is no address; write it like http://127.0.0.1:4200/api.", api=at)
        )
    join_prefect(home, at)
    from flows.flow_server import flow_server  # Prefect: seconds

    with flow_server(at) as server:
        changes = compare(wanted(settings, branches), server.registered())
        if not dry_run:
            server.apply(changes)
    _tell(session.terminal, changes)
    session.terminal.tell(_summary(changes, dry_run))


def _tell(terminal: Terminal, changes: Sequence[Change]) -> None:
    terminal.table(
        say("Deployments"),
        (say("Deployment"), say("Pool"), say("Schedule"), say("State")),
        [
            (
                one.deployment.full_name,
                one.deployment.pool,
                one.deployment.cron,
                _STATES[one.state].in_language(terminal.lang),
            )
            for one in changes
        ],
    )


def _summary(changes: Sequence[Change], dry_run: bool) -> Message:
    counts = Counter(one.state for one in changes)
    figures = {state.value: counts[state] for state in State}
    if dry_run:
        return say(
            "Nothing was changed: {new} would be new, {changed} changed, {retired} paused; {unchanged} are "
            "as they should be.",
            **figures,
        )
    return say(
        "{new} new, {changed} changed, {unchanged} unchanged, {retired} paused.",
        **figures,
    )

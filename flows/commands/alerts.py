"""What somebody has to look at now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import typer

from flows.commands.session import Session
from flows.long_looks import Here
from flows.measuring import Figures
from flows.parts import open_parts
from pipeline.alert_rules import RULES
from pipeline.alerts import SEVERITIES, Alert, Severity, alerts
from pipeline.language import say


def add_commands(app: typer.Typer) -> None:
    """Add alerts."""
    app.command("alerts")(tell)


def tell(
    context: typer.Context,
    as_json: bool = typer.Option(False, "--json", help="As JSON, for other programs."),
    rules: bool = typer.Option(
        False, "--rules", help="The rules themselves, as a rule file for Prometheus."
    ),
) -> None:
    """Tell what somebody has to look at, and what to do next. Exit code 1 when something is critical."""
    session: Session = context.obj
    if rules:
        from flows.rule_file import rule_file

        session.terminal.raw(rule_file().rstrip("\n"))
        return
    now = datetime.now(UTC)
    with open_parts(session.workspace, reading=True) as parts:
        found = alerts(RULES, Figures(Here(parts)).at(now), now)
    if as_json:
        told = [_as_json(one, session.terminal.lang) for one in found]
        session.terminal.raw(json.dumps(told, ensure_ascii=False, indent=2))
    elif found:
        _tell(session, found)
    else:
        session.terminal.tell(say("Nothing needs anybody."))
    if any(one.rule.severity is Severity.CRITICAL for one in found):
        raise typer.Exit(1)


def _tell(session: Session, found: tuple[Alert, ...]) -> None:
    lang = session.terminal.lang
    session.terminal.table(
        say("Alerts"),
        (say("Severity"), say("Rule"), say("What is so"), say("What to do")),
        [
            (
                SEVERITIES[one.rule.severity].in_language(lang),
                one.rule.name,
                one.what.in_language(lang),
                one.todo.in_language(lang),
            )
            for one in found
        ],
    )


def _as_json(one: Alert, lang: str) -> dict[str, Any]:
    return {
        "rule": one.rule.name,
        "severity": one.rule.severity.value,
        "labels": dict(one.labels),
        "value": one.value,
        "what": one.what.in_language(lang),
        "next": one.todo.in_language(lang),
        "runbook": one.rule.runbook,
    }

"""The rules of ``pipeline.alert_rules`` as a rule file of Prometheus."""

from __future__ import annotations

import re
from typing import Any

import yaml

from pipeline.alert_rules import RULES
from pipeline.alerts import Rule, Severity, expression
from pipeline.metrics import UP

_HEAD = "# Made by “paperproof alerts --rules”; a test holds it against the program's table.\n"
_ABSENT: dict[str, Any] = {
    "alert": "FiguresMissing",
    "expr": f"absent({UP.name})",
    "for": "5m",
    "labels": {"severity": Severity.CRITICAL.value},
    "annotations": {
        "summary": "Paperproof tells no figures.",
        "description": "See that “paperproof web” or “paperproof metrics --listen” runs and that its token "
        "still holds.",
        "runbook": "docs/operations.md#figuresmissing",
    },
}
"""The one rule that only Prometheus can see fire."""


def rule_file() -> str:
    """Return the file's text."""
    rules = [_ABSENT, *map(_rule, RULES)]
    told = {"groups": [{"name": "paperproof", "rules": rules}]}
    return _HEAD + yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=110)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "alert": rule.name,
        "expr": expression(rule),
        "for": f"{rule.held_minutes}m",
        "labels": {"severity": rule.severity.value},
        "annotations": {
            "summary": _with_labels(rule.what.template),
            "description": _with_labels(rule.todo.template),
            "runbook": rule.runbook,
        },
    }


def _with_labels(template: str) -> str:
    """Write the places of a sentence as Prometheus fills them."""

    def place(found: re.Match[str]) -> str:
        return "{{ $value }}" if found[1] == "value" else f"{{{{ $labels.{found[1]} }}}}"

    return re.sub(r"\{(\w+)\}", place, template)

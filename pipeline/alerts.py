"""When somebody has to look: what a rule is, and when it fires.

A rule looks at one metric (``pipeline.metrics``), set of labels by set of labels. What depends on settings is
in the metric, which tells when something is due; so a rule is the same at every installation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.copies import PLACES
from pipeline.language import Message, say
from pipeline.metrics import Metric, Sample

RUNBOOK = "docs/operations.md"


class Severity(StrEnum):
    """How soon somebody has to look."""

    CRITICAL = "critical"
    """Now: something is lost, refused or late by the rules."""
    WARNING = "warning"
    """Today: it becomes critical by itself."""


SEVERITIES: Mapping[Severity, Message] = {
    Severity.CRITICAL: say("critical"),
    Severity.WARNING: say("warning"),
}


class Fires(StrEnum):
    """How a value is compared with a rule's limit."""

    OVER = "over"
    UNDER = "under"
    LATE = "late"
    """The value is a moment, and lies back by more than the limit, in seconds."""


@dataclass(frozen=True)
class Rule:
    """One rule; the labels of the metric have places in its sentences."""

    name: str
    severity: Severity
    metric: Metric
    fires: Fires
    limit: float
    what: Message
    todo: Message
    held_minutes: int = 0
    """So long it must be so before Prometheus tells it: what mends itself is not worth a call at night."""

    @property
    def runbook(self) -> str:
        """Where causes and acts are told."""
        return f"{RUNBOOK}#{self.name.lower()}"

    def holds_for(self, value: float, now: datetime) -> bool:
        """Whether a value is an alert."""
        if self.fires is Fires.LATE:
            return now.timestamp() - value > self.limit
        return value > self.limit if self.fires is Fires.OVER else value < self.limit


@dataclass(frozen=True)
class Alert:
    """A rule that fires, at one set of labels."""

    rule: Rule
    labels: Mapping[str, str]
    value: float

    @property
    def what(self) -> Message:
        """What is so."""
        return self._filled(self.rule.what)

    @property
    def todo(self) -> Message:
        """What to do next."""
        return self._filled(self.rule.todo)

    def _filled(self, message: Message) -> Message:
        words = {name: _WORDS.get((name, value), value) for name, value in self.labels.items()}
        values: dict[str, Any] = {**words, "value": _figure(self.value)}
        return Message(message.template, tuple(values.items()))


def _figure(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 2)


_WORDS: Mapping[tuple[str, str], Message] = {
    **{("place", place.value): name for place, name in PLACES.items()},
    ("place", "spool"): say("spool"),
    ("place", "catalog"): say("catalog"),
    ("state", "damaged"): say("damaged"),
    ("state", "missing"): say("missing"),
}
"""What labels are called where people read them."""


def alerts(rules: Iterable[Rule], samples: Iterable[Sample], now: datetime) -> tuple[Alert, ...]:
    """Give what fires at a moment: the critical first, else in the order of the rules."""
    by_metric: dict[Metric, list[Sample]] = {}
    for one in samples:
        by_metric.setdefault(one.metric, []).append(one)
    found = [
        Alert(rule, sample.named, sample.value)
        for rule in rules
        for sample in by_metric.get(rule.metric, ())
        if rule.holds_for(sample.value, now)
    ]
    return tuple(sorted(_once(found), key=lambda one: one.rule.severity is not Severity.CRITICAL))


def _once(found: Iterable[Alert]) -> Iterator[Alert]:
    """Leave out a warning where the same figure is critical."""
    critical = set()
    for one in found:
        key = one.rule.metric, tuple(one.labels.items())
        if one.rule.severity is Severity.CRITICAL:
            critical.add(key)
        elif key in critical:
            continue
        yield one


def expression(rule: Rule) -> str:
    """Write a rule as Prometheus asks for it."""
    if rule.fires is Fires.LATE:
        return f"time() - {rule.metric.name} > {rule.limit:g}"
    return f"{rule.metric.name} {'>' if rule.fires is Fires.OVER else '<'} {rule.limit:g}"

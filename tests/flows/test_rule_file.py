"""Rules of alerts: when each fires, what it says, and that Prometheus and runbook know the same."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from flows.rule_file import rule_file
from pipeline import metrics as m
from pipeline.alert_rules import RULES
from pipeline.alerts import Alert, Fires, Rule, Severity, alerts
from pipeline.metrics import METRICS, STAGE_SECONDS, Metric, Sample

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
RULE_FILE = (ROOT / "deploy" / "prometheus" / "paperproof.rules.yml").read_text("utf-8")
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "paperproof.json").read_text("utf-8"))
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")
TOLD = {
    *(one.name for one in METRICS),
    *(f"{STAGE_SECONDS.name}_{end}" for end in ("bucket", "sum", "count")),
}


def fired(metric: Metric, value: float, *labels: str) -> list[str]:
    return [one.rule.name for one in alerts(RULES, [Sample(metric, value, labels)], NOW)]


def ago(**apart: float) -> float:
    return (NOW - timedelta(**apart)).timestamp()


@pytest.mark.parametrize(
    ("metric", "labels", "well", "ill", "rule"),
    [
        (m.UP, (), 1, 0, "CatalogDown"),
        (m.DAY_DUE, ("3301", "2026-11-19"), ago(), ago(seconds=1), "DayNotClosed"),
        (m.CHUNKS_ALONE, (), ago(minutes=10), ago(minutes=10, seconds=1), "WorkersGone"),
        (m.LOST_OBJECTS, (), 0, 1, "ObjectsLost"),
        (m.BAD_COPIES, ("replica", "damaged"), 0, 1, "BadCopies"),
        (m.LOCKS_HOLD, ("primary",), 1, 0, "LockProbeFailed"),
        (m.LOCKS_TESTED, ("primary",), ago(days=2), ago(days=2, seconds=1), "LockProbeOld"),
        (m.DEBT_NEW, (), 0, 1, "DebtGrowing"),
        (m.DEBT_OLDEST, (), ago(days=1), ago(days=1, seconds=1), "DebtOld"),
        (m.VERIFY_DUE, ("replica",), ago(), ago(seconds=1), "VerificationBehind"),
        (m.DRILL_DUE, (), ago(), ago(seconds=1), "DrillOverdue"),
        (m.DRILL_PASSED, (), 1, 0, "DrillFailed"),
        (m.DRILL_RTO, (), 1, 1.1, "DrillTooSlow"),
        (m.DRILL_RPO, (), 1, 1.1, "RestoreTooOld"),
        (m.BUNDLE_DUE, (), ago(), ago(seconds=1), "CatalogNotKept"),
        (m.LOG_SIGN_DUE, (), ago(), ago(seconds=1), "LogUnsigned"),
        (m.STATION_DUE, ("3301", "柜台一"), ago(), ago(seconds=1), "StationBehind"),
        (m.UPLOAD_DUE, ("3301", "2026-10"), ago(), ago(seconds=1), "UploadLate"),
        (m.SAMPLE_DRAW_DUE, ("2026-10",), ago(), ago(seconds=1), "SampleNotDrawn"),
        (m.SAMPLE_DUE, ("3301", "2026-10"), ago(), ago(seconds=1), "SampleNotAnswered"),
        (m.DISK_ROOM, ("spool",), 4, 3.9, "RoomSmall"),
        (m.DISK_ROOM, ("spool",), 4, 0.9, "RoomOut"),
    ],
)
def test_each_rule_fires_beyond_its_limit_and_not_at_it(
    metric: Metric, labels: tuple[str, ...], well: float, ill: float, rule: str
) -> None:
    assert fired(metric, well, *labels) == []
    assert fired(metric, ill, *labels) == [rule]


def test_no_figure_is_no_alert() -> None:
    assert alerts(RULES, [], NOW) == ()


def test_what_is_critical_comes_first_and_names_what_it_is_about() -> None:
    found = alerts(
        RULES,
        [
            Sample(m.BAD_COPIES, 2, ("replica", "damaged")),
            Sample(m.DAY_DUE, ago(days=1), ("3302", "2026-11-19")),
            Sample(m.DAY_DUE, ago(days=1), ("3301", "2026-11-20")),
        ],
        NOW,
    )
    assert [one.rule.severity for one in found] == [
        *(Severity.CRITICAL, Severity.CRITICAL, Severity.WARNING),
    ]
    assert str(found[0].what).startswith("Day 2026-11-19 of branch 3302 is not closed")
    assert "close-day 2026-11-19 --branch 3302" in str(found[0].todo)
    assert str(found[2].what) == "2 copies in the hot replica are damaged."
    assert found[2].what.in_language("zh") == "热备副本中有 2 份副本损坏。"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_sentence_can_be_filled_and_the_runbook_knows_the_rule(rule: Rule) -> None:
    labels = dict.fromkeys(rule.metric.labels, "x")
    for message in (Alert(rule, labels, 1.0).what, Alert(rule, labels, 1.0).todo):
        for lang in ("en", "zh"):
            assert "{" not in message.in_language(lang)
    assert f"\n### {rule.name}\n" in RUNBOOK
    assert rule.metric in METRICS


def test_names_are_there_once_and_the_runbook_has_no_others() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert set(re.findall(r"^### (\w+)$", RUNBOOK, re.M)) == {*names, "FiguresMissing"}


def test_the_rule_file_is_that_of_the_table() -> None:
    assert rule_file() == RULE_FILE, (
        "paperproof alerts --rules > deploy/prometheus/paperproof.rules.yml"
    )
    (group,) = yaml.safe_load(RULE_FILE)["groups"]
    assert [one["alert"] for one in group["rules"][1:]] == [rule.name for rule in RULES]
    for one in group["rules"]:
        assert names_in(one["expr"]) <= TOLD
        assert not re.search(r"(?<!\{)\{(?!\{)", json.dumps(one["annotations"]["summary"]))
    late = next(one for one in group["rules"] if one["alert"] == "DayNotClosed")
    assert late["expr"] == "time() - paperproof_day_due_timestamp_seconds > 0"
    assert "{{ $labels.branch }}" in late["annotations"]["summary"]


def test_every_query_of_the_dashboard_asks_for_what_is_told() -> None:
    queries = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    assert len(queries) > 20
    asked = set().union(*map(names_in, queries))
    assert asked <= TOLD
    unseen = {one.name for one in METRICS} - asked
    assert unseen <= {m.DRILL_AT.name, m.DRILL_PASSED.name, m.LOG_SIGNED.name, m.LOG_SIGN_DUE.name,
                      m.BUNDLED.name, m.BUNDLE_DUE.name}  # fmt: skip


def test_the_dashboard_counts_once_what_several_hosts_tell() -> None:
    """Each site and exporter tells the same figures; only rooms and versions are of one instance."""
    for panel in DASHBOARD["panels"]:
        for expression in (target["expr"] for target in panel["targets"]):
            assert not re.search(
                r"\b(count|sum)(?! by)\((?!max by)(?!time\(\) - max by)", expression
            )


def test_the_dashboard_holds_together() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        places = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not places & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= places


def test_labels_of_queries_are_those_of_their_figures() -> None:
    labels = {one.name: {*one.labels, "instance"} for one in METRICS}
    for panel in DASHBOARD["panels"]:
        for expression in (target["expr"] for target in panel["targets"]):
            for told, name in re.findall(
                r"(?:max|min) by \(([^)]*)\) \((paperproof_\w+)", expression
            ):
                assert {one.strip() for one in told.split(",")} <= labels[name], expression


def names_in(expression: str) -> set[str]:
    """The metrics that a query of Prometheus names."""
    return set(re.findall(r"\bpaperproof_\w+", expression))


def test_late_means_by_more_than_the_limit() -> None:
    rule = next(one for one in RULES if one.fires is Fires.LATE and one.limit)
    assert not rule.holds_for(NOW.timestamp() - rule.limit, NOW)

"""Headquarters' monitor: branches by days, what is late, how much needs nobody, and why the rest does."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from catalog.reports.recognition import CAUSES
from catalog.reports.wording import KINDS
from catalog.storage_status import storage_status
from flows.monitor import MEASURES, STAGES, Map, Measure, causes_of, heat_map, recognised_by_day
from flows.stations import seen_stations
from pipeline.access.acts import Act
from pipeline.alert_rules import RULES
from pipeline.alerts import SEVERITIES, Alert, alerts
from pipeline.language import say
from pipeline.recognition import TRADE_AVERAGE
from web import charts
from web.guarding import Section, Visiting, named_branch
from web.visit import Visit

section = Section()
Last = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
Days = Annotated[int, Query(ge=1, le=60)]
DAYS = 10
_MOST_CAUSES = 10
_MOST_ALERTS = 20


@section.get("/monitor", Act.MONITOR_VIEW)
def show(
    visit: Visiting, last: Last = None, days: Days = DAYS, measure: Measure = Measure.CAPTURED
) -> HTMLResponse:
    """Show the map, the trend, the causes and how the copies stand."""
    until = last or visit.today
    return visit.page(
        "monitor.html.j2",
        measure=measure,
        measures=MEASURES,
        last=until,
        count=days,
        figures=_figures(visit, until, days, measure),
        alerts=alerts_of(visit),
        severities=SEVERITIES,
        most_alerts=_MOST_ALERTS,
        stations=seen_stations(
            visit.site.reading, visit.branches(Act.MONITOR_VIEW), visit.site.now()
        ),
    )


def _figures(visit: Visit, until: date, days: int, measure: Measure) -> Markup:
    """Draw what the page tells, at most some seconds old: drawing it takes as long as gathering it."""
    site, branches = visit.site, visit.branches(Act.MONITOR_VIEW)
    stores = visit.may(Act.STORAGE_STATUS)

    def draw() -> Markup:
        parts, found = site.reading, map_of(visit, until, days)
        recognised = parts.catalog.monitor.recognised(found.days[0], found.days[-1], branches)
        storage = stores and storage_status(parts.catalog, parts.settings.verify.within_days)
        text = site.templates.fill(
            "monitor_figures.html.j2",
            visit.lang,
            map=found,
            names=parts.catalog.branches.names(),
            measure=measure,
            measures=MEASURES,
            stages={stage: said.in_language(visit.lang) for stage, said in STAGES.items()},
            last=found.days[-1],
            trend=recognised_by_day(recognised),
            causes=[
                (CAUSES[cause], count) for cause, count in causes_of(recognised)[:_MOST_CAUSES]
            ],
            storage=storage,
        )
        return Markup(text)  # noqa: S704  escaped as it was filled

    return site.drawn.get((until, days, branches, measure, visit.lang, stores), site.now(), draw)


@section.get("/monitor/trend.svg", Act.MONITOR_VIEW)
def trend(visit: Visiting, first: date, last: date) -> Response:
    """Draw the share recognised without a person, day by day."""
    monitor = visit.site.reading.catalog.monitor
    shares = recognised_by_day(monitor.recognised(first, last, visit.branches(Act.MONITOR_VIEW)))
    title = say("recognised without a person").in_language(visit.lang)
    trade = say("average of the trade").in_language(visit.lang)
    return _drawn(charts.share_by_day(shares, title, TRADE_AVERAGE, trade))


@section.get("/monitor/causes.svg", Act.MONITOR_VIEW)
def causes(visit: Visiting, first: date, last: date) -> Response:
    """Draw why vouchers needed a person, the commonest cause first."""
    recognised = visit.site.reading.catalog.monitor.recognised(
        first, last, visit.branches(Act.MONITOR_VIEW)
    )
    named = [
        (CAUSES[cause].in_language(visit.lang), count)
        for cause, count in causes_of(recognised)[:_MOST_CAUSES]
    ]
    return _drawn(charts.pareto(named, say("vouchers").in_language(visit.lang)))


@section.get("/monitor/{branch}/{day}", Act.MONITOR_VIEW, named_branch)
def of_day(visit: Visiting, branch: str, day: date) -> HTMLResponse:
    """Show one branch's day: its counts and what its closing left to people."""
    catalog = visit.site.reading.catalog
    counts = catalog.monitor.counts(day, day, {branch})
    return visit.page(
        "monitor_day.html.j2",
        branch=branch,
        day=day,
        counts=counts[0] if counts else None,
        result=catalog.days.last_closing(day, branch),
        kinds=KINDS,
        export=Act.REPORT_EXPORT,
        may_certify=visit.may(Act.EVIDENCE_MAKE, branch),
    )


def alerts_of(visit: Visit) -> tuple[Alert, ...] | None:
    """Give what somebody has to look at; None: not for this person."""
    if not visit.may(Act.METRICS_VIEW):
        return None
    now = visit.site.now()
    return alerts(RULES, visit.site.figures.at(now), now)


def map_of(visit: Visit, last: date | None, days: int) -> Map:
    """Give the map of what the person may see, at most some seconds old.

    It is gathered once for the whole house, not once for each branch whose people look.
    """
    site, until, now = visit.site, last or visit.today, visit.site.now()
    whole = site.maps.get(
        (until, days), now, lambda: site.looks.ask(heat_map, until, days, None, now)
    )
    return whole.of(visit.branches(Act.MONITOR_VIEW))


def _drawn(svg: str) -> Response:
    return Response(
        svg,
        media_type="image/svg+xml",
        headers={"cache-control": "private, max-age=60", "vary": "cookie"},  # language and person
    )

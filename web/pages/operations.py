"""What programs that watch over the site ask: whether it lives, whether it is ready, and its figures."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.exposing import registry
from flows.health import ready
from pipeline.access.acts import Act
from web.guarding import Section, Visiting
from web.surroundings import Surroundings
from web.visit import METRICS

OPEN = frozenset({"/health/live", "/health/ready"})
"""Who asks for these has no account; they tell nothing but yes or no."""
_TEXT = "text/plain; version=0.0.4; charset=utf-8"

before_login = APIRouter()
section = Section()


@before_login.get("/health/live")
def live() -> dict[str, bool]:
    """Answer: then the process lives."""
    return {"live": True}


@before_login.get("/health/ready")
def is_ready(request: Request) -> JSONResponse:
    """Tell what of the work can be done now; 503 when something cannot."""
    site: Surroundings = request.app.state.site
    checks = site.health.get(
        None, site.now(), lambda: ready(site.reading, lambda: site.at_need()[0].vault)
    )
    whole = all(checks.values())
    return JSONResponse({"ready": whole, "checks": dict(checks)}, 200 if whole else 503)


@section.get(METRICS, Act.METRICS_VIEW)
def metrics(visit: Visiting) -> Response:
    """Tell all figures as Prometheus reads them, to a machine with a token or to a person."""
    site = visit.site
    told = generate_latest(registry(site.figures, site.reading.workspace.stage_times, site.now))
    return Response(told, media_type=_TEXT)

"""One request of one person who is logged in: who asks, in which language, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse

from flows.access import Guard
from pipeline.access.acts import Act
from pipeline.access.policy import RULES, Person, branches_of
from pipeline.access.requests import RequestState
from pipeline.clocks import ZONE
from pipeline.language import Message
from web.csrf import SAFE
from web.navigation import entries, place_of
from web.on_site import on_site
from web.surroundings import Surroundings

METRICS = "/metrics"
"""Where Prometheus asks; it is no part of the API."""


class NotSeen(Exception):
    """What was asked for is not there, or not for this person: the answer is the same (CWE-204)."""


@dataclass(frozen=True)
class Visit:
    """A logged-in person's request."""

    site: Surroundings
    person: Person
    token: str
    csrf: str | None
    """The token that acts of this session carry; None: a machine's, which no other site can make it send."""
    lang: str
    path: str
    here: str
    """The page that is looked at, as ``looked_at`` tells it."""

    @property
    def today(self) -> date:
        """The date in China."""
        return self.site.now().astimezone(ZONE).date()

    @property
    def guard(self) -> Guard:
        """Asks, and enters, what the person may do and see."""
        return Guard(self.site.parts, self.person, self.site.reading)

    def branches(self, act: Act) -> frozenset[str] | None:
        """The branches at which the person may act so; None: all. Every list begins from it."""
        return branches_of(self.person, act)

    def may(self, act: Act, branch: str | None = None) -> bool:
        """Whether the person may act so at a branch; None: at one at least."""
        known = self.branches(act)
        return known is None or (bool(known) if branch is None else branch in known)

    def granted(self, act: Act, branch: str | None = None) -> bool:
        """Whether an approved request of the person's opens something there; its handler asks what."""
        if not RULES[act].purpose or self.person.own_only:
            return False
        now = self.site.now()
        return any(
            act in one.asked.acts
            and branch in (None, one.asked.branch)
            and one.state_at(now) is RequestState.APPROVED
            for one in self.site.reading.catalog.access_requests.of(self.person.name)
        )

    def told(self, said: Message) -> str:
        """What a script of our pages shows, in the person's language and with pages for commands."""
        return on_site(said.in_language(self.lang), self.lang)

    def page(self, template: str, code: int = 200, **parts: Any) -> HTMLResponse:
        """Fill a page's template for this person."""
        places = entries(self)
        way = {"here": self.here, "navigation": places, "current": place_of(self.path, places)}
        text = self.site.templates.fill(template, self.lang, visit=self, **way, **parts)
        return HTMLResponse(text, code)


def looked_at(request: Request) -> str:
    """The page that somebody is at, with its query: where a change of language or a log-in leads back.

    What answers a form has no address of its own; it is the page that the form stands on.
    """
    if request.method in SAFE:
        path, query = request.url.path, request.url.query
    else:
        parts = urlsplit(request.headers.get("referer", ""))
        path, query = (parts.path, parts.query) if parts.netloc == request.url.netloc else ("/", "")
    return f"{path}?{query}" if query else path or "/"


def is_for_programs(request: Request) -> bool:
    """Whether it is programs that ask there: they may bring a token, and get no pages for answers."""
    return request.url.path.startswith("/api/") or request.url.path == METRICS


def language(request: Request) -> str:
    """The visitor's language: as chosen on the site, else Chinese; a program of the API may name it."""
    asked = request.cookies.get("lang")
    if asked is None and is_for_programs(request):
        asked = request.headers.get("accept-language", "")[:2]
    return "en" if asked == "en" else "zh"

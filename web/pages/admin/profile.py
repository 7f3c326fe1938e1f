"""The profile: what is in force, a proposed one beside it, publishing; the settings as they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flows.publish_profile import Proposal, proposed, publish_profile, text_in_force
from flows.settings_shown import shown_settings
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.profile import Profile, read_profile
from pipeline.profile_changes import differences
from pipeline.profile_words import WORDS
from pipeline.scan_rules import as_json
from web.guarding import Section, Visiting
from web.pages.admin.places import NONE_CHOSEN, admin_page
from web.visit import NotSeen, Visit

section = Section("/admin")
_MOST_SIGNS = 300_000
Day = Annotated[date | None, Query(), NONE_CHOSEN]
Text = Annotated[str, Form(min_length=1, max_length=_MOST_SIGNS)]


@section.get("/profile", Act.PROFILE_VIEW)
def profile(visit: Visiting, day: Day = None, done: int | None = None) -> HTMLResponse:
    """Show the profile in force on a business day, and those that were published."""
    parts, on = visit.site.reading, day or visit.today
    in_force = parts.profile_on(on)
    rules = {
        code: in_force.rules_in_force(code, on, parts.settings.scan) for code in in_force.types
    }
    return admin_page(
        visit,
        "admin_profile.html.j2",
        profile=in_force,
        day=on,
        rules=rules,
        published=_published(visit),
        number=getattr(parts.catalog.profiles.in_force(on), "number", None),
        done=done,
    )


@section.get("/profile/type", Act.PROFILE_VIEW)
def document_type(visit: Visiting, code: str, day: Day = None) -> HTMLResponse:
    """Show what the scans of a document type must meet on a day, and which of it is the type's own."""
    parts, on = visit.site.reading, day or visit.today
    in_force = parts.profile_on(on)
    if code not in in_force.types:
        raise NotSeen
    kind = in_force.types[code]
    version = kind.version_on(on)
    force = in_force.rules_in_force(code, on, parts.settings.scan)
    return admin_page(
        visit,
        "admin_type.html.j2",
        type_code=code,
        kind=kind,
        profile=in_force,
        day=on,
        source=force.source,
        own=version.changes if version else {},
        rules=[(name, _value(value)) for name, value in as_json(force.rules).items()],
        words=WORDS,
    )


@section.get("/profile.yaml", Act.PROFILE_VIEW)
def as_text(visit: Visiting, day: Day = None) -> Response:
    """Give the profile in force as it is written, to change a copy of it."""
    on = day or visit.today
    named = f'attachment; filename="profile-{on}.yaml"'
    text = text_in_force(visit.site.reading, on)
    return Response(text, media_type="application/yaml", headers={"content-disposition": named})


@section.get("/profile/new", Act.PROFILE_PUBLISH)
def new(visit: Visiting) -> HTMLResponse:
    """Ask for a profile and its first business day."""
    return _asked(visit)


@section.post("/profile/new", Act.PROFILE_PUBLISH)
def look(visit: Visiting, text: Text, since: Annotated[date, Form()]) -> HTMLResponse:
    """Show what a profile would change from its first day on; nothing is kept yet."""
    plain = _plain(text)
    try:
        proposal = proposed(visit.site.reading, plain, _named(visit), since)
    except UserError as error:
        return _asked(visit, text=plain, since=since, message=error.message)
    return _compared(visit, proposal)


@section.post("/profile", Act.PROFILE_PUBLISH)
def publish(visit: Visiting, text: Text, since: Annotated[date, Form()]) -> Response:
    """Publish the profile that was looked at."""
    stores, _ = visit.site.at_need()
    plain, guard = _plain(text), visit.guard
    try:
        done = publish_profile(guard, stores.vault, plain, _named(visit), since)
    except UserError as error:
        return _asked(visit, text=plain, since=since, message=error.message)
    return RedirectResponse(
        f"/admin/profile?day={quote(str(since))}&done={done.published.number}", 303
    )


@section.get("/settings", Act.SETTINGS_VIEW)
def settings(visit: Visiting, changed: bool = False) -> HTMLResponse:
    """Show the settings in force; they are changed in the workspace's file alone."""
    lines = shown_settings(visit.site.parts.settings)
    return admin_page(
        visit,
        "admin_settings.html.j2",
        lines=[one for one in lines if one.is_changed or not changed],
        changed=changed,
        count=sum(one.is_changed for one in lines),
    )


def _asked(
    visit: Visit, text: str = "", since: date | None = None, message: Message | None = None
) -> HTMLResponse:
    return admin_page(
        visit,
        "admin_profile_new.html.j2",
        422 if message else 200,
        text=text,
        since=since or "",
        message=message,
    )


def _compared(visit: Visit, proposal: Proposal) -> HTMLResponse:
    closed = visit.site.reading.catalog.days.closed_since(proposal.since)
    return admin_page(
        visit,
        "admin_profile_compared.html.j2",
        proposal=proposal,
        changes=list(differences(proposal.before, proposal.profile)),
        words=WORDS,
        closed=closed,
        in_past=proposal.since <= visit.today,
    )


def _published(visit: Visit) -> list[tuple[object, Profile]]:
    every = visit.site.reading.catalog.profiles.all()
    return [(one, read_profile(one.text, str(one.number))) for one in reversed(every)]


def _named(visit: Visit) -> str:
    return say("the profile").in_language(visit.lang)


def _plain(text: str) -> str:
    """The text as a file has it: browsers end lines with CR LF."""
    return text.replace("\r\n", "\n")


def _value(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(_part(one) for one in value) or "–"
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None else str(value)


def _part(one: dict[str, object]) -> str:
    return str(one["name"]) if "name" in one else " ".join(str(value) for value in one.values())

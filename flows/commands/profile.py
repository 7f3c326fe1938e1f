"""The profile of document types and businesses: checked, and shown as it holds on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import typer

from catalog.profiles import PublishedProfile
from catalog.reports.wording import FIELDS
from flows.access import Guard
from flows.commands.businesses import shared, show_business, show_businesses, show_retention
from flows.commands.session import Session, parsed_day
from flows.publish_profile import publish_profile
from flows.settings import Settings
from flows.stores import open_stores
from pipeline.clocks import ZONE
from pipeline.document_types import Share
from pipeline.language import Message, say
from pipeline.profile import Profile, load_profile, profile_text, read_profile, shipped_profile
from pipeline.scan_rules import ScanRules, as_json


def add_commands(app: typer.Typer) -> None:
    """Add profile check, show, publish and versions."""
    profile = typer.Typer(
        help="Document types, what their scans must meet, what each business asks for.",
        no_args_is_help=True,
    )
    profile.command("check")(check)
    profile.command("show")(show)
    profile.command("publish")(publish)
    profile.command("versions")(versions)
    app.add_typer(profile, name="profile")


def check(
    context: typer.Context,
    file: Path = typer.Argument(None, help="A profile (the workspace's, else the one shipped)."),
) -> None:
    """Tell whether a profile holds, and the first entry that does not."""
    session: Session = context.obj
    profile = load_profile(file) if file else _in_force(session, parsed_day(None))[0]
    session.terminal.tell(
        say(
            "Profile {profile}, version {version}, holds: {types} document types with {rules} versions "
            "of rules, {businesses} businesses.",
            profile=profile.profile,
            version=profile.version,
            types=len(profile.types),
            rules=sum(len(kind.rules) for kind in profile.types.values()),
            businesses=len(profile.businesses),
        )
    )


def show(
    context: typer.Context,
    code: str = typer.Argument(
        None, metavar="CODE", help="One document type or business (all of both)."
    ),
    day: str = typer.Option(None, "--day", help="Business date of the rules (today)."),
) -> None:
    """Show document types and businesses, or what one of them asks for on a day."""
    session: Session = context.obj
    on = parsed_day(day)
    profile, general = _in_force(session, on)
    if code is None:
        _show_types(session, profile, general, on)
        show_businesses(session.terminal, profile, on)
        show_retention(session.terminal, profile)
    elif code in profile.businesses:
        show_business(session.terminal, profile, code, on)
    else:
        _show_type(session, profile, code, general, on)


def publish(
    context: typer.Context,
    file: Path = typer.Argument(help="The profile, YAML."),
    since: str = typer.Option(..., "--from", metavar="DAY", help="First business day."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who publishes (this account)."),
) -> None:
    """Publish a profile from a business day on; for headquarters, kept for good."""
    session: Session = context.obj
    first = parsed_day(since)
    with session.open_parts() as parts:
        with open_stores(parts.workspace, parts.settings, parts.catalog) as stores:
            guard = Guard.at_word(parts, session.acting(by))
            done = publish_profile(guard, stores.vault, profile_text(file), str(file), first)
        closed = parts.catalog.days.closed_since(first)
    for one in done.changes:
        session.terminal.tell(one.message)
    words = {
        "profile": done.profile.profile,
        "version": done.profile.version,
        "number": done.published.number,
        "day": first,
    }
    session.terminal.tell(
        say(
            "Profile {profile}, version {version}, is published as number {number} and in force from {day}.",
            **words,
        )
        if done.new
        else say(
            "Profile {profile}, version {version}, was published as number {number} from {day} on already; "
            "nothing changed.",
            **words,
        )
    )
    if closed and done.new:
        session.terminal.note(
            say(
                "{count} days from {day} on are closed; close them again where the new profile is to hold.",
                count=closed,
                day=first,
            )
        )


def versions(context: typer.Context) -> None:
    """List the profiles that were published."""
    session: Session = context.obj
    with session.open_parts() as parts:
        published = parts.catalog.profiles.all()
        now = parts.catalog.profiles.in_force(parsed_day(None))
    if published:
        session.terminal.table(
            say("Published profiles"),
            [
                *(say("No."), say("Profile"), say("First business day")),
                *(say("Published by"), say("Time"), say("In force")),
            ],
            [_line(one, one == now) for one in published],
        )
    if now is None:
        session.terminal.tell(
            say(
                "No published profile is in force today; the settings' one is, else the one shipped."
            )
        )


def _line(one: PublishedProfile, in_force: bool) -> list[str]:
    profile = read_profile(one.text, str(one.number))
    return [
        str(one.number),
        f"{profile.profile} {profile.version}",
        one.since.isoformat(),
        one.published_by,
        one.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"),
        "✓" if in_force else "",
    ]


def _in_force(session: Session, day: date) -> tuple[Profile, ScanRules]:
    """The profile of a business day and the general rules; what is shipped where there is no workspace."""
    if not session.workspace.exists():
        return shipped_profile(), Settings().scan
    with session.open_parts() as parts:
        return parts.profile_on(day), parts.settings.scan


def _show_types(session: Session, profile: Profile, general: ScanRules, day: date) -> None:
    lang = session.terminal.lang
    rows = []
    for code, kind in profile.types.items():
        rules = profile.rules_in_force(code, day, general).rules
        rows.append(
            [
                code,
                profile.categories[kind.category].in_language(lang),
                "/".join(paper.name for paper in rules.papers) or "–",
                f"{rules.min_dpi:g}",
                rules.required_colour or "–",
                _pages(kind.pages),
                kind.name.in_language(lang),
            ]
        )
    session.terminal.table(
        say("Document types on {day}", day=day),
        [
            say("Type"),
            say("Category"),
            say("Paper"),
            say("dpi from"),
            say("Colour"),
            say("Pages"),
            say("Name"),
        ],
        rows,
    )


def _show_type(
    session: Session, profile: Profile, code: str, general: ScanRules, day: date
) -> None:
    kind = profile.type_of(code)
    force = profile.rules_in_force(code, day, general)
    version = kind.version_on(day)
    own = version.changes if version else {}
    lang = session.terminal.lang
    session.terminal.tell(
        say(
            "{code}: {name} ({category}); pages: {pages}; rules: {source}.",
            code=code,
            name=kind.name.in_language(lang),
            category=profile.categories[kind.category].in_language(lang),
            pages=_pages(kind.pages),
            source=force.source,
        )
    )
    if kind.share is not Share.NONE:
        session.terminal.tell(shared(kind))
    session.terminal.tell(
        say("Must stand on it: {fields}.", fields=tuple(map(_field, kind.all_fields)))
    )
    session.terminal.table(
        say("Rules on {day}", day=day),
        [say("Rule"), say("From"), say("Value")],
        [
            [
                name,
                (say("type") if name in own else say("general")).in_language(lang),
                _value(value),
            ]
            for name, value in as_json(force.rules).items()
        ],
    )


def _field(name: str) -> Message:
    """A stream column by its name in the reports; what only this paper has, as the paper says."""
    return FIELDS.get(name) or Message(name)


def _pages(pages: tuple[int, int]) -> str:
    least, most = pages
    return str(least) if least == most else f"{least}–{most}"


def _part(part: Mapping[str, Any]) -> str:
    """A paper with its size, or an area with its place as shares of the page."""
    if "what" in part:
        return f"{part['what']} {' '.join(f'{side:g}' for side in part['place'])}"
    return f"{part['name']} {part['width_mm']:g} × {part['height_mm']:g} mm"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_part, value)) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{check} {severity}" for check, severity in value.items()) or "–"
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None else str(value)

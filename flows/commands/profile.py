"""The profile of document types and businesses: checked, and shown as it holds on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import typer

from catalog.reports.wording import FIELDS
from flows.commands.businesses import shared, show_business, show_businesses
from flows.commands.session import Session, parsed_day
from flows.parts import profile_of
from flows.settings import Settings, load_settings
from pipeline.document_types import Share
from pipeline.language import Message, say
from pipeline.profile import Profile, load_profile
from pipeline.scan_rules import ScanRules, as_json


def add_commands(app: typer.Typer) -> None:
    """Add profile check and profile show."""
    profile = typer.Typer(
        help="Document types, what their scans must meet, what each business asks for.",
        no_args_is_help=True,
    )
    profile.command("check")(check)
    profile.command("show")(show)
    app.add_typer(profile, name="profile")


def check(
    context: typer.Context,
    file: Path = typer.Argument(None, help="A profile (the workspace's, else the one shipped)."),
) -> None:
    """Tell whether a profile holds, and the first entry that does not."""
    session: Session = context.obj
    settings = _settings(session.workspace)
    profile = load_profile(file) if file else profile_of(session.workspace, settings)
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
        None, metavar="[CODE]", help="One document type or business (all of both)."
    ),
    day: str = typer.Option(None, "--day", help="Business date of the rules (today)."),
) -> None:
    """Show document types and businesses, or what one of them asks for on a day."""
    session: Session = context.obj
    settings = _settings(session.workspace)
    profile = profile_of(session.workspace, settings)
    on = parsed_day(day)
    if code is None:
        _show_types(session, profile, settings.scan, on)
        show_businesses(session.terminal, profile, on)
    elif code in profile.businesses:
        show_business(session.terminal, profile, code, on)
    else:
        _show_type(session, profile, code, settings.scan, on)


def _settings(workspace: Path) -> Settings:
    """The workspace's settings; the ordinary ones where there is no workspace."""
    return load_settings(workspace) if workspace.exists() else Settings()


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

"""Publishing a profile: headquarters alone, with its first business day, kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from catalog.profiles import PublishedProfile
from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.profile import SHIPPED, Profile, profile_text, read_profile
from pipeline.profile_changes import Changes, changes
from storage.store import NoteKind
from storage.vault import Vault


@dataclass(frozen=True)
class Proposal:
    """A profile that holds and may be published, beside the one it would replace."""

    text: str
    since: date
    before: Profile
    profile: Profile


@dataclass(frozen=True)
class Publication:
    """A profile that was published, and what it changes from its first day on."""

    published: PublishedProfile
    profile: Profile
    changes: tuple[Changes, ...]
    new: bool
    """False: it was published so already."""


def proposed(parts: Parts, text: str, named: str, since: date) -> Proposal:
    """Read a profile that is to hold from a business day on; nothing is kept.

    Raises UserError when it does not hold (told under the name ``named``), or its version is taken by another
    content: what was checked against a version must be told from its number (CG-16.2a).
    """
    profile, before = read_profile(text, named), parts.profile_on(since)
    earlier = (read_profile(one.text, str(one.number)) for one in parts.catalog.profiles.all())
    for known in (before, *earlier):
        if _same_version(known, profile) and known != profile:
            raise _taken(profile)
    return Proposal(text, since, before, profile)


def publish_profile(guard: Guard, vault: Vault, text: str, named: str, since: date) -> Publication:
    """Publish a profile from a business day on; the same again changes nothing.

    Raises UserError when the person may not, and as ``proposed``.
    """
    guard.require(Act.PROFILE_PUBLISH)
    profiles = guard.parts.catalog.profiles
    made = proposed(guard.parts, text, named, since)
    known = {one.number for one in profiles.all()}
    vault.keep_note(NoteKind.PROFILE, text.encode())
    published = profiles.publish(text, since, guard.person.name)
    told = tuple(changes(made.before, made.profile))
    return Publication(published, made.profile, told, published.number not in known)


def text_in_force(parts: Parts, day: date) -> str:
    """Give the text of the profile in force on a business day, as it was published, written or shipped."""
    published = parts.catalog.profiles.in_force(day)
    if published is not None:
        return published.text
    name = parts.settings.profile or SHIPPED[0]
    if name in SHIPPED:
        return (files("pipeline") / "profiles" / f"{name}.yaml").read_text("utf-8")
    return profile_text(parts.workspace.folder / name)


def _same_version(one: Profile, other: Profile) -> bool:
    return (one.profile, one.version) == (other.profile, other.version)


def _taken(profile: Profile) -> UserError:
    return UserError(
        say(
            "Profile {profile} has a version {version} already that says something else; give yours the "
            "next number.",
            profile=profile.profile,
            version=profile.version,
        )
    )

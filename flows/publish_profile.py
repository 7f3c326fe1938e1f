"""Publishing a profile: headquarters alone, with its first business day, kept for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from catalog.profiles import PublishedProfile
from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.profile import Profile, profile_text, read_profile
from pipeline.profile_changes import Changes, changes
from storage.store import NoteKind
from storage.vault import Vault


@dataclass(frozen=True)
class Publication:
    """A profile that was published, and what it changes from its first day on."""

    published: PublishedProfile
    profile: Profile
    changes: tuple[Changes, ...]
    new: bool
    """False: it was published so already."""


def publish_profile(parts: Parts, vault: Vault, file: Path, since: date, who: str) -> Publication:
    """Publish a profile from a business day on; the same again changes nothing.

    Raises UserError when the person may not, the profile does not hold, or its version is taken by another
    content: what was checked against a version must be told from its number (CG-16.2a).
    """
    Guard.at_word(parts, who).require(Act.PROFILE_PUBLISH)
    text = profile_text(file)
    profile = read_profile(text, str(file))
    before = parts.profile_on(since)
    earlier = parts.catalog.profiles.all()
    for one in earlier:
        known = read_profile(one.text, str(one.number))
        if _same_version(known, profile) and known != profile:
            raise _taken(profile)
    if _same_version(before, profile) and before != profile:
        raise _taken(profile)
    vault.keep_note(NoteKind.PROFILE, text.encode())
    published = parts.catalog.profiles.publish(text, since, who)
    new = published.number not in {one.number for one in earlier}
    return Publication(published, profile, tuple(changes(before, profile)), new)


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

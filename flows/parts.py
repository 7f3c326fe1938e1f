"""The parts of the program, put together once and handed on as arguments: catalog and rules.

The stores are in ``flows.stores``, the reading processes in ``flows.readers``: most commands need neither,
and loading them takes its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from catalog.catalog import Catalog
from catalog.profiles import PublishedProfile
from flows.forms import forms_in_use, load_forms
from flows.settings import Settings, load_settings
from flows.workspace import Workspace
from ingest.inbox import ClaimRules
from pipeline.access.policy import Person
from pipeline.assignment import MatchRules
from pipeline.calendar import TradingCalendar
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.forms.model import FormModel
from pipeline.profile import (
    SHIPPED,
    Profile,
    RulesInForce,
    load_profile,
    read_profile,
    shipped_profile,
)


@dataclass(frozen=True)
class Parts:
    """What a step may need of the workspace's catalog and rules."""

    workspace: Workspace
    settings: Settings
    catalog: Catalog
    proven: Person | None = field(default=None, kw_only=True)
    """Who logged in at the command line; None: names are taken at their word there, or this is the web."""
    _profiles: dict[str, Profile] = field(
        default_factory=dict, repr=False, compare=False, kw_only=True
    )
    """SHA-256 of a published text -> the profile read from it; empty: the settings'."""

    def profile_on(self, day: date) -> Profile:
        """The document types and businesses in force on a business day: published, else the settings'."""
        return self._profile_of(self.catalog.profiles.in_force(day))

    def every_profile(self) -> tuple[Profile | None, ...]:
        """Give the settings' profile and all ever published, for whatever day; None: one cannot be read."""
        digests = self.catalog.profiles.digests()
        unread = self.catalog.profiles.all() if digests - self._profiles.keys() else ()
        for one in (None, *unread):
            with suppress(UserError):
                self._profile_of(one)
        return tuple(self._profiles.get(one) for one in ("", *sorted(digests)))

    def _profile_of(self, published: PublishedProfile | None) -> Profile:
        key = published.sha256 if published else ""
        if key not in self._profiles:
            self._profiles[key] = (
                read_profile(published.text, f"profile {published.number}")
                if published
                else profile_of(self.workspace.folder, self.settings)
            )
        return self._profiles[key]

    @property
    def profile(self) -> Profile:
        """The document types and businesses in force today."""
        return self.profile_on(datetime.now(ZONE).date())

    @cached_property
    def forms_by_name(self) -> Mapping[str, FormModel]:
        """The known forms; raises UserError when one is of a type that the profile has not."""
        forms = {form.name: form for form in self.forms}
        for form in forms.values():
            if form.document_type:
                self.profile.type_of(form.document_type)
        return forms

    def rules_in_force(self, code: str | None, day: date) -> RulesInForce:
        """What a page of a document type must meet on a business day; None: the general rules."""
        return self.profile_on(day).rules_in_force(code, day, self.settings.scan)

    @property
    def forms(self) -> tuple[FormModel, ...]:
        """The known forms that are in use now."""
        return forms_in_use(load_forms(self.workspace.forms), self.catalog.forms.all())

    @property
    def claim_rules(self) -> ClaimRules:
        """When a delivered file counts as whole."""
        return ClaimRules(**self.settings.inbox.model_dump())

    @property
    def match_rules(self) -> MatchRules:
        """When a pair counts as proven."""
        return MatchRules(**self.settings.match.model_dump())

    @property
    def calendar(self) -> TradingCalendar:
        """Trading days as shipped, with the notices that headquarters imported on top."""
        return TradingCalendar(one.notice for one in self.catalog.notices.all())


@contextmanager
def open_parts(folder: Path, *, reading: bool = False) -> Iterator[Parts]:
    """Open a workspace: settings and catalog, ``reading`` only or not; raises UserError when it is none."""
    settings = load_settings(folder)
    workspace = Workspace(folder)
    catalog = Catalog.open(workspace.catalog_url(settings), reading=reading)
    try:
        yield Parts(workspace, settings, catalog)
    finally:
        catalog.close()


def profile_of(folder: Path, settings: Settings) -> Profile:
    """Return the profile: the workspace's own file, one shipped that is named, else the brokerage's."""
    named = settings.profile
    if not named or named in SHIPPED:
        return shipped_profile(named or SHIPPED[0])
    return load_profile(folder / named)

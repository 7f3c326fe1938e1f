"""The parts of the program, put together in one place and handed on as arguments."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from catalog.catalog import Catalog
from flows.forms import forms_in_use, load_forms
from flows.how_to_read import HowToRead
from flows.reading_pool import PageLimits, ReadingPool
from flows.register import BatchedRegister
from flows.settings import Settings, StoreSettings, load_settings
from flows.workspace import Workspace
from ingest.inbox import ClaimRules
from pipeline.assignment import MatchRules
from pipeline.calendar import TradingCalendar
from pipeline.clocks import ZONE
from pipeline.errors import Corrupt, UserError
from pipeline.forms.model import FormModel
from pipeline.language import say
from pipeline.profile import (
    SHIPPED,
    Profile,
    RulesInForce,
    load_profile,
    read_profile,
    shipped_profile,
)
from storage.folder import FolderStore
from storage.s3 import S3Endpoint, S3Store
from storage.seaweed import LocalSeaweed
from storage.store import digest, object_key
from storage.vault import Vault

_BEHIND_ALL = 19
"""The highest niceness there is."""


@dataclass(frozen=True)
class Parts:
    """What a step may need of the workspace's catalog and rules."""

    workspace: Workspace
    settings: Settings
    catalog: Catalog

    def profile_on(self, day: date) -> Profile:
        """The document types and businesses in force on a business day: published, else the settings'."""
        published = self.catalog.profiles.in_force(day)
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
    def _profiles(self) -> dict[str, Profile]:
        """SHA-256 of a published text -> the profile read from it; empty: the settings'."""
        return {}

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
def open_parts(folder: Path) -> Iterator[Parts]:
    """Open a workspace: settings and catalog; raises UserError when it is none."""
    settings = load_settings(folder)
    workspace = Workspace(folder)
    catalog = Catalog.open(workspace.catalog_url(settings))
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


def how_to_read(parts: Parts) -> HowToRead:
    """Return how pages are read now: by the settings and the forms in use."""
    return HowToRead("rapidocr", parts.settings.reading.serial_grammar, parts.forms)


def reading_pool(parts: Parts) -> ReadingPool:
    """Start the reading processes that the settings ask for."""
    rules = parts.settings.reading
    limits = PageLimits(rules.page_seconds, rules.page_memory_mb << 20)
    return ReadingPool(parts.settings.reading_workers, how_to_read(parts), limits)


def text_pool(parts: Parts) -> ReadingPool:
    """Prepare the one process that reads whole pages for their text, behind everything else."""
    rules = parts.settings.reading
    how = HowToRead("rapidocr", rules.serial_grammar, niceness=_BEHIND_ALL)
    return ReadingPool(1, how, PageLimits(rules.page_seconds, rules.page_memory_mb << 20))


@dataclass(frozen=True)
class Stores:
    """The copies of every page."""

    vault: Vault
    cold: FolderStore

    def copy_cold(self, sha256: str) -> None:
        """Copy one page to the cold folder and read the copy back."""
        key, content = object_key(sha256), self.vault.read(sha256)
        self.cold.put_once(key, content, sha256)
        if digest(self.cold.read(key)) != sha256:
            self.cold.put_healed(key, content, sha256)
            if digest(self.cold.read(key)) != sha256:
                raise Corrupt(
                    say(
                        "{store} does not give back what it was given for {key}; "
                        "have its disk looked at, then close the day again.",
                        store=self.cold.describe(),
                        key=key,
                    )
                )


@contextmanager
def open_stores(workspace: Workspace, settings: Settings, catalog: Catalog) -> Iterator[Stores]:
    """Open the stores, starting the local server where one is wanted; it stops with its last user.

    What is kept in them is entered in the catalog's register of objects.
    """
    with ExitStack() as stack:
        primary, replica = _buckets(stack, workspace, settings)
        register = BatchedRegister(catalog.copies)
        stack.callback(register.flush)
        vault = Vault(primary, replica, register=register)
        vault.check()
        yield Stores(vault, FolderStore(workspace.cold(settings)))


def prepare_stores(workspace: Workspace, settings: Settings) -> None:
    """Make the buckets and the cold folder; done once, by init: a store that is missing later is told."""
    with ExitStack() as stack:
        for store in _buckets(stack, workspace, settings):
            store.ensure_bucket()
    FolderStore(workspace.cold(settings)).ensure_folder()


def _buckets(stack: ExitStack, workspace: Workspace, settings: Settings) -> list[S3Store]:
    """Primary and replica; the local server runs until the stack is closed, where one is wanted."""
    chosen = (settings.primary, settings.replica)
    local = None
    if any(one.kind == "local" for one in chosen):
        server = LocalSeaweed(workspace.stores)
        local = _Local(stack.enter_context(server.running()), server.recover)
    return [_store(one, local, workspace.folder) for one in chosen]


@dataclass(frozen=True)
class _Local:
    """The server that Paperproof runs, and how it is brought back."""

    endpoint: S3Endpoint
    recover: Callable[[], object]


def _store(settings: StoreSettings, local: _Local | None, folder: Path) -> S3Store:
    if settings.kind == "local" and local is not None:
        return S3Store(local.endpoint, settings.bucket, recover=local.recover)
    return S3Store(_endpoint(settings, folder), settings.bucket)


def _endpoint(settings: StoreSettings, folder: Path) -> S3Endpoint:
    path = folder / settings.credentials
    try:
        keys = tomllib.loads(path.read_text("utf-8"))
        if path.stat().st_mode & 0o077:
            raise UserError(
                say(
                    "{path} holds secrets and others may read it; run “chmod 600 {path}”.",
                    path=path,
                )
            )
        return S3Endpoint(
            host=settings.endpoint,
            access_key=keys["access_key"],
            secret_key=keys["secret_key"],
            secure=settings.secure,
            region=settings.region,
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise UserError(
            say(
                "The credentials of bucket {bucket} cannot be read from {path}; write access_key and "
                "secret_key there.",
                bucket=settings.bucket,
                path=path,
            )
        ) from error

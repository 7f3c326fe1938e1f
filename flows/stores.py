"""The copies of every page, opened as the settings say, and the local server where one is wanted."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalog.catalog import Catalog
from flows.bundling import keep_changes
from flows.last_tested import last_tested
from flows.register import BatchedRegister
from flows.settings import Settings
from flows.store_settings import StoreSettings
from flows.workspace import Workspace
from pipeline.copies import Place
from pipeline.errors import UserError
from pipeline.language import say
from storage.looks import Shelf
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint
from storage.seaweed import LocalSeaweed
from storage.store import Lock, LockRule, Store
from storage.vault import Vault
from storage.volumes import ColdShelf


@dataclass(frozen=True)
class Stores:
    """The copies of every page."""

    vault: Vault
    cold: ColdShelf

    @property
    def healable(self) -> dict[Place, Store]:
        """The stores whose bad copies can be replaced."""
        return {Place.PRIMARY: self.vault.primary, Place.REPLICA: self.vault.replica}

    @property
    def shelves(self) -> dict[Place, Shelf]:
        """Every place that has copies to look at."""
        return {**self.healable, Place.COLD: self.cold}


@contextmanager
def open_stores(
    workspace: Workspace, settings: Settings, catalog: Catalog, *, checked: bool = True
) -> Iterator[Stores]:
    """Open the stores, starting the local server where one is wanted; it stops with its last user.

    What is kept in them is entered in the catalog's register of objects; in the end they are given what
    changed in the catalog. ``checked``: both must answer; a verification also looks where only one does.
    """
    with ExitStack() as stack:
        repeats = {one.place for one in last_tested(settings, catalog) if one.repeats}
        primary, replica = stack.enter_context(open_buckets(workspace, settings, repeats))
        register = BatchedRegister(catalog.copies)
        stack.callback(register.flush)
        owing = settings.stores.admit_without_replica
        lock = lock_rule(settings)
        vault = Vault(primary, replica, register=register, owing=owing, lock=lock)
        if checked:
            vault.check()
        yield Stores(vault, ColdShelf(workspace.cold(settings)))
        if checked:
            keep_changes(catalog.bundles, vault)


def prepare_stores(workspace: Workspace, settings: Settings) -> None:
    """Make the buckets and the cold folder; done once, by init: a store that is missing later is told."""
    with open_buckets(workspace, settings) as buckets:
        for store, chosen in zip(buckets, (settings.primary, settings.replica), strict=True):
            store.ensure_bucket(object_lock=chosen.lock != "none")
    ColdShelf(workspace.cold(settings)).prepare()


def lock_rule(settings: Settings) -> LockRule:
    """The lock that an object put today gets at each place."""
    places = locking(settings)

    def lock(place: str) -> Lock | None:
        return Lock.for_days(datetime.now(UTC), settings.lock_days) if place in places else None

    return lock


def locking(settings: Settings) -> tuple[Place, ...]:
    """The places whose stores are to lock what they keep."""
    chosen = ((Place.PRIMARY, settings.primary), (Place.REPLICA, settings.replica))
    return tuple(place for place, one in chosen if one.lock == "compliance")


@contextmanager
def open_buckets(
    workspace: Workspace, settings: Settings, repeats: Collection[Place] = ()
) -> Iterator[list[S3Store]]:
    """Open primary and replica without the catalog; the local server runs meanwhile, where one is wanted.

    ``repeats``: the places that take a second put, and are therefore asked before each.
    """
    chosen = {Place.PRIMARY: settings.primary, Place.REPLICA: settings.replica}
    local = None
    with ExitStack() as stack:
        if any(one.kind == "local" for one in chosen.values()):
            server = LocalSeaweed(workspace.stores)
            local = _Local(stack.enter_context(server.running()), server.recover)
        yield [
            _store(one, local, workspace.folder, ask_first=place in repeats)
            for place, one in chosen.items()
        ]


@contextmanager
def open_headquarters(workspace: Workspace, settings: Settings) -> Iterator[Store]:
    """Open the place where branches put what they send each month; it keeps versions and locks nothing."""
    to = settings.upload.to
    with ExitStack() as stack:
        local = None
        if to.kind == "local":
            server = LocalSeaweed(workspace.stores)
            local = _Local(stack.enter_context(server.running()), server.recover)
        store = _store(to, local, workspace.folder, ask_first=True)
        store.ensure_bucket(object_lock=False)
        yield store


@dataclass(frozen=True)
class _Local:
    """The server that Paperproof runs, and how it is brought back."""

    endpoint: S3Endpoint
    recover: Callable[[], object]


def _store(
    settings: StoreSettings, local: _Local | None, folder: Path, *, ask_first: bool
) -> S3Store:
    if settings.kind == "local" and local is not None:
        endpoint, recover = local.endpoint, local.recover
    else:
        endpoint, recover = _endpoint(settings, folder), None
    return S3Store(endpoint, settings.bucket, recover=recover, ask_first=ask_first)


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
            ca_file=str(folder / settings.ca_file) if settings.ca_file else None,
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

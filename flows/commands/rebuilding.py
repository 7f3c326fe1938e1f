"""The catalog again from the stores, when its database is lost."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path

import typer

from catalog.address import address_of, shown
from catalog.catalog import Catalog
from flows.commands.session import Session
from flows.encrypting import must_be_open
from flows.listings import cross_listings
from flows.rebuild import Orphan, Rebuilt, Shelves, rebuild
from flows.settings import Settings, load_settings
from flows.stores import open_buckets
from flows.terminal import Terminal
from flows.workspace import Workspace
from pipeline.copies import Place
from pipeline.errors import StoreError, UserError
from pipeline.language import say
from storage.disk import write_part
from storage.proof import from_first
from storage.store import object_key
from storage.vault import Vault
from storage.volumes import ColdShelf

_LEFT_TO_DO = 3
_SHELVES = ("both", *(place.value for place in Place))


def add_commands(app: typer.Typer) -> None:
    """Add rebuild-catalog."""
    app.command("rebuild-catalog")(rebuild_catalog)


def rebuild_catalog(
    context: typer.Context,
    into: str = typer.Option(
        ..., "--into", help="An empty database: a file, or an SQLAlchemy URL."
    ),
    source: str = typer.Option(
        "both",
        "--from",
        help="Where to read: both, primary, replica, cold, or a folder with volumes.",
    ),
    recovered: Path = typer.Option(
        Path("recovered"), "--recovered", help="Folder for files that only a receipt knows of."
    ),
    chain: str = typer.Option(
        "", "--chain", help="Id of the catalog wanted, where several wrote into the stores."
    ),
) -> None:
    """Build the catalog anew from the stores, or cold volumes, alone; the old one is not touched."""
    if source not in _SHELVES and not ColdShelf(Path(source)).everything():
        raise UserError(
            say("There is no store {name}; say {names}.", name=source, names=", ".join(_SHELVES))
        )
    session: Session = context.obj
    settings = load_settings(session.workspace)
    workspace = Workspace(session.workspace)
    url = into if "://" in into else f"sqlite:///{Path(into).absolute()}"
    catalog = Catalog.create_empty(url)
    try:
        with _shelf(source, workspace, settings) as (shelves, vault):
            with session.terminal.progress(say("Rebuilding")) as bar:
                rebuilt = rebuild(shelves, catalog, bar, only=_only(source), preferred=chain)
            saved = _save(shelves, rebuilt, recovered)
            catalog.ready_for_work()
            if vault:
                with suppress(StoreError):  # a store that is gone is told by what could not be read
                    cross_listings(vault, catalog)
    finally:
        catalog.close()
    _tell(session.terminal, rebuilt, shown(address_of(url)) if url == into else into)
    _tell_orphans(session.terminal, saved)
    if chain and rebuilt.chain != chain:
        session.terminal.tell(
            say(
                "No catalog {name} wrote into the stores; {played} was played.",
                name=chain,
                played=rebuilt.chain,
            )
        )
        raise typer.Exit(_LEFT_TO_DO)
    if not rebuilt.complete:
        raise typer.Exit(_LEFT_TO_DO)


def _only(source: str) -> Place | None:
    """The one store that is read, where it is one."""
    return Place(source) if source in (Place.PRIMARY.value, Place.REPLICA.value) else None


@contextmanager
def _shelf(
    source: str, workspace: Workspace, settings: Settings
) -> Iterator[tuple[Shelves, Vault | None]]:
    """What is to be read, and the vault over the stores where it is one of them: volumes need no server."""
    if source not in ("both", Place.PRIMARY.value, Place.REPLICA.value):
        named = workspace.cold(settings) if source == Place.COLD.value else Path(source)
        shelf = ColdShelf(named)
        must_be_open(shelf)
        yield (shelf,), None
        return
    with open_buckets(workspace, settings) as (primary, replica):
        one = {Place.PRIMARY.value: (primary,), Place.REPLICA.value: (replica,)}
        yield one.get(source, (primary, replica)), Vault(primary, replica)


def _save(shelves: Shelves, rebuilt: Rebuilt, folder: Path) -> dict[Path, Orphan]:
    """Write the files that only receipts know of into a folder for each batch, to be taken in again."""
    saved = {}
    for orphan in rebuilt.orphans:
        place = folder / orphan.branch / orphan.day / orphan.station / orphan.batch
        if not (place / orphan.file_name).resolve().is_relative_to(folder.resolve()):
            rebuilt.faults.append(say("{name} is no name for a file.", name=orphan.file_name))
            continue
        folder.mkdir(parents=True, exist_ok=True)
        try:
            part = from_first(
                shelves,
                object_key(orphan.file_sha256),
                orphan.file_sha256,
                lambda pieces: write_part(folder, pieces),
            )
        except StoreError as error:
            rebuilt.faults.append(error.message)
            continue
        place = _placed(part, place, orphan)
        saved[place] = orphan
    return saved


def _placed(part: Path, place: Path, orphan: Orphan) -> Path:
    """Name a fetched file in its batch's folder, or beside it where another file has its name."""
    while (path := place / orphan.file_name).exists() and _sha256_of(path) != orphan.file_sha256:
        place = place.with_name(f"{place.name}+")  # two files of one name in one batch
    path.parent.mkdir(parents=True, exist_ok=True)
    part.replace(path)
    return place


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _tell(terminal: Terminal, rebuilt: Rebuilt, into: str) -> None:
    for number in rebuilt.gaps:
        terminal.tell(
            say(
                "Bundle {number} is not there or not whole: what was done between the bundles before and "
                "behind it may be missing; try another store or the cold volumes.",
                number=number,
            )
        )
    for branch in rebuilt.branches:
        terminal.tell(
            say(
                "Bundles {first} to {last} of another catalog ({name}) are in the stores: what was done "
                "there is not in this one. Rebuild it with --chain {name} into another database and compare.",
                first=branch.first,
                last=branch.last,
                name=branch.catalog or "–",
            )
        )
    for name in sorted(rebuilt.unknown):
        terminal.tell(
            say(
                "The bundles hold {name}, which this program's catalog has not: these values are only in the "
                "bundles; report this as a fault.",
                name=name,
            )
        )
    for fault in rebuilt.faults:
        terminal.tell(fault)
    for sha256, name in rebuilt.missing:
        terminal.tell(
            say(
                "Page {name} ({sha256}) is cataloged and not in the store; look for it in the other copies.",
                name=name,
                sha256=sha256[:12],
            )
        )
    terminal.tell(
        say(
            "{rows} rows from {bundles} bundles are in {into}. Missing: {gaps} bundles, {missing} pages; "
            "{faults} objects could not be read; {orphans} pages came in after the last bundle.",
            rows=rebuilt.rows,
            bundles=rebuilt.bundles,
            into=into,
            gaps=len(rebuilt.gaps),
            missing=len(rebuilt.missing),
            faults=len(rebuilt.faults),
            orphans=len(rebuilt.orphans),
        )
    )


def _tell_orphans(terminal: Terminal, saved: dict[Path, Orphan]) -> None:
    """Say how the pages that came in after the last bundle are entered."""
    commands = {}
    for place, one in saved.items():
        words = ["paperproof", "take-in", str(place), "--branch", one.branch, "--day", one.day]
        words += ["--station", one.station, "--operator", one.operator, "--batch", one.batch]
        commands[place] = shlex.join(words)
    if commands:
        terminal.tell(
            say(
                "Once the settings name the new catalog, run: {commands}",
                commands="\n".join(["", *commands.values()]),
            )
        )

"""An archive over two real servers, made to be measured, and the pages that are delivered to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.bundling import keep_changes
from flows.copy_faults import Fault
from flows.parts import Parts, open_parts
from flows.receipts import receipt
from flows.register import BatchedRegister
from flows.settings import load_settings
from flows.stores import Stores, open_stores, prepare_stores
from flows.verify import Verifier
from flows.workspace import Workspace
from ingest.admission import InspectedPage
from ingest.inbox import ClaimedFile
from pipeline.language import Message
from pipeline.measured import ScanParameters
from pipeline.model import Batch, ColourMode, Delivery, SplitPage
from pipeline.sandbox import Sandbox
from storage.folder import FolderStore
from storage.s3_endpoint import S3Endpoint
from storage.seaweed import LocalSeaweed
from storage.store import NoteKind, digest, note_key, object_key
from storage.vault import Vault
from storage.volumes import ColdShelf

BATCH = Batch("3301", date(2026, 11, 19), "station-1", "wang", "bench")
_PARAMETERS = ScanParameters(
    "JPEG", 150_000, 2480, 3508, (300.0, 300.0), ColourMode.COLOUR, 0.1, 0.05, "0" * 16
)
PLACES = ("primary", "replica")
_STORE = """
[{place}]
kind = "s3"
bucket = "paperproof-{place}"
endpoint = "{host}"
secure = false
lock = "{lock}"
credentials = "{place}-keys.toml"
"""


@dataclass(frozen=True)
class Delivered:
    """One page as the scanner gave it, and its receipt: two objects, as files below a folder.

    Their names below the folder are their keys, so that any tool copies them to the same names.
    """

    folder: Path
    arrival: Delivery

    @property
    def keys(self) -> tuple[str, str]:
        """Key of the page and of its receipt."""
        note = receipt(self.arrival, None)
        return object_key(self.arrival.sha256), note_key(NoteKind.RECEIPT, digest(note))

    @property
    def files(self) -> tuple[Path, Path]:
        """The files with their bytes."""
        page, note = (self.folder / key for key in self.keys)
        return page, note

    def claimed(self) -> ClaimedFile:
        """The page as the inbox hands it on."""
        path = self.files[0]
        size = path.stat().st_size
        return ClaimedFile(
            self.arrival.name, path, path, self.arrival.sha256, size, (0, size, 0), None
        )

    def inspected(self) -> InspectedPage:
        """The page as the checks hand it on, read and hashed anew."""
        content = self.files[0].read_bytes()
        page = SplitPage(1, content, ".jpg")
        return InspectedPage(self.arrival.name, page, digest(content), _PARAMETERS, ())


def deliver(folder: Path, count: int, size: int, seed: int) -> list[Delivered]:
    """Write ``count`` pages of ``size`` bytes that no tool can compress, and their receipts."""
    rng = np.random.default_rng(seed)
    delivered = []
    for number in range(count):
        content = rng.bytes(size)
        one = Delivered(folder, Delivery(BATCH, f"{seed}-{number:06d}.jpg", 1, digest(content)))
        for path, written in zip(one.files, (content, receipt(one.arrival, None)), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written)
        delivered.append(one)
    return delivered


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, S3Endpoint]]:
    """Two SeaweedFS servers of their own, as long as the block lasts."""
    with ExitStack() as stack:
        yield {
            place: stack.enter_context(LocalSeaweed(folder / place).running()) for place in PLACES
        }


def make_archive(folder: Path, endpoints: dict[str, S3Endpoint], *, lock: str) -> None:
    """Make a workspace whose copies lie on the two servers."""
    folder.mkdir()
    with (folder / "paperproof.toml").open("w", encoding="utf-8") as settings:
        for place, endpoint in endpoints.items():
            settings.write(_STORE.format(place=place, host=endpoint.host, lock=lock))
            keys = folder / f"{place}-keys.toml"
            keys.touch(0o600)
            keys.write_text(
                f'access_key = "{endpoint.access_key}"\nsecret_key = "{endpoint.secret_key}"\n'
            )
    workspace = Workspace(folder)
    workspace.create()
    settings_read = load_settings(folder)
    Catalog.create(workspace.catalog_url(settings_read)).close()
    prepare_stores(workspace, settings_read)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Parts, Stores]]:
    """Open the archive as a command does."""
    with (
        open_parts(folder) as parts,
        open_stores(parts.workspace, parts.settings, parts.catalog) as stores,
    ):
        yield parts, stores


@contextmanager
def opened_in_folders(folder: Path) -> Iterator[tuple[Parts, Stores]]:
    """Open an archive whose copies lie in folders; it is made when it is not there."""
    copies = [FolderStore(folder / place) for place in PLACES]
    if not folder.exists():
        Workspace(folder).create()
        Catalog.create(Workspace(folder).catalog_url(load_settings(folder))).close()
        for copy in copies:
            copy.ensure_folder()
        ColdShelf(folder / "cold").prepare()
    with open_parts(folder) as parts:
        primary, replica = copies
        vault = Vault(primary, replica, register=BatchedRegister(parts.catalog.copies))
        yield parts, Stores(vault, ColdShelf(folder / "cold"))
        vault.flush()
        keep_changes(parts.catalog.bundles, vault)
        vault.flush()


def intake(parts: Parts, stores: Stores, storing: int) -> Intake:
    """What admitting needs; the sandbox is not started, since nothing is opened here."""
    return Intake(parts, stores, Sandbox(), None, storing=storing)


def verifier(parts: Parts, stores: Stores) -> Verifier:
    """What verifying needs; a fault ends the measurement."""
    return Verifier(parts, stores, Unwatched(), _fault)


def _fault(fault: Fault) -> None:
    raise SystemExit(f"the measurement is wrong: {fault.messages[0]}")


class Unwatched:
    """Progress that nobody watches."""

    def total(self, count: int) -> None: ...

    def step(self, note: Message) -> None: ...


def rclone_environment(endpoints: dict[str, S3Endpoint]) -> dict[str, str]:
    """The servers as remotes ``primary:`` and ``replica:``; keys never on the command line."""
    told = dict(os.environ, RCLONE_CONFIG=os.devnull)
    for place, endpoint in endpoints.items():
        values = {
            "TYPE": "s3",
            "PROVIDER": "SeaweedFS",
            "ENDPOINT": f"http://{endpoint.host}",
            "REGION": endpoint.region,
            "ACCESS_KEY_ID": endpoint.access_key,
            "SECRET_ACCESS_KEY": endpoint.secret_key,
        }
        told |= {f"RCLONE_CONFIG_{place.upper()}_{name}": one for name, one in values.items()}
    return told


def byte_count(delivered: Sequence[Delivered]) -> int:
    """Bytes of all the objects, each once."""
    return sum(path.stat().st_size for one in delivered for path in one.files)

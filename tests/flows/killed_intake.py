"""Takes a folder in and kills itself, by SIGKILL, at the n-th arrival at a named step.

    python killed_intake.py WORKSPACE FOLDER STEP NTH MOVING

Run by test_kills; its exit by signal 9 is the expected one.
"""

import os
import signal
import sys
from datetime import date
from pathlib import Path

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.parts import Parts
from flows.settings import Settings
from flows.stores import Stores
from flows.take_in import take_in
from flows.workspace import Workspace
from pipeline.language import Message
from pipeline.model import Batch
from pipeline.sandbox import Sandbox
from storage.folder import FolderStore
from storage.vault import Vault
from storage.volumes import ColdShelf


class Silent:
    def total(self, count: int) -> None: ...

    def step(self, note: Message) -> None: ...


def main(folder: Path, scans: Path, step: str, nth: int, moving: bool) -> None:
    arrivals = 0

    def at(name: str) -> None:
        nonlocal arrivals
        arrivals += name == step
        if name == step and arrivals == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    workspace = Workspace(folder)
    settings = Settings(inbox={"quiet_seconds": 0}, least_free_mb=0)  # type: ignore[arg-type]
    parts = Parts(workspace, settings, Catalog.open(workspace.catalog_url(settings)))
    primary, replica = (FolderStore(folder / name) for name in ("p", "r"))
    batch = Batch("3301", date(2026, 11, 19), "station-1", "wang", "batch-01")
    with Sandbox() as opener:
        stores = Stores(Vault(primary, replica, at), ColdShelf(folder / "cold"))
        take_in(Intake(parts, stores, opener, None, moving, at=at), scans, batch, Silent())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5] == "yes")

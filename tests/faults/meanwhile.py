"""What holds in a simulated world at any moment, however damaged its stores are."""

from __future__ import annotations

from flows.stores import Stores
from storage.store import digest, object_key
from tests.faults.ground import SimulatedWorld
from tests.faults.looking import Broken, look_at_log, look_at_page
from tests.faults.world import BATCH, DAY, split


def look_meanwhile(world: SimulatedWorld) -> Broken:
    """What must hold however damaged the stores are: each page's bytes are somewhere, and its act on record.

    Somewhere: in the inbox, a store, the spool, a volume; in quarantine when it was refused. What has left
    the inbox has its rows.
    """
    broken = Broken()
    with world.open() as (parts, stores):
        rows = {row.name: row for row in parts.catalog.pages.of_day(DAY, BATCH.branch)}
        look_at_log(broken, parts, [row.delivery_id for row in rows.values()])
        for name, file in world.files().items():
            source = world.scans / name
            if source.exists() and source.read_bytes() == file:
                continue
            for page, content in split(name, file):
                if page not in rows:
                    broken.fail("lost", f"{name} has left the inbox, and {page} has no row")
                elif rows[page].state == "refused":
                    look_at_page(world, broken, parts, stores, rows[page], content)
                elif not _is_anywhere(world, stores, content):
                    broken.fail("lost", f"{page} is nowhere")
    return broken


def _is_anywhere(world: SimulatedWorld, stores: Stores, content: bytes) -> bool:
    key, spooled = object_key(digest(content)), world.workspace.spool / digest(content)
    held = [store.contents().get(key) for store in world.stores.values()]
    return content in held or spooled.exists() or stores.cold.head(key) is not None

"""Worlds as procedures find them: all in, something lost, something ordered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from catalog.texts import Asking, StoredText
from flows import (
    bundling,
    lifecycle,
)
from flows.verify import Verifier
from pipeline.copies import Depth
from pipeline.destruction import Item, ItemKind
from pipeline.destruction_rules import DestructionRules
from storage.bags import discard
from storage.store import digest, object_key
from tests.faults.acts import Down, lifecycle_of, packing_all, taking_in
from tests.faults.world import BATCH, DAY, Silent, World, split, tomorrow


def nothing(world: World) -> None: ...


def damaged_before(world: World) -> None:
    """A first put of an earlier run stored other bytes in both stores (rule R7)."""
    page = digest(world.files()["0002 同.jpg"])
    for store in (world.store("p"), world.store("r")):
        store.put_once(object_key(page), b"damaged", page)


def all_in(world: World) -> None:
    with world.open() as (parts, stores):
        taking_in(world, parts, stores, lambda _: None)
        bundling.keep_changes(parts.catalog.bundles, stores.vault)
        stores.vault.flush()


def unbundled(world: World) -> None:
    with world.open() as (parts, stores):
        taking_in(world, parts, stores, lambda _: None)


def owing_all(world: World) -> None:
    """Everything came in while the replica was down."""
    with world.open(owing=True) as (parts, stores):
        stores.vault.replica = Down(stores.vault.replica)  # type: ignore[assignment]
        taking_in(world, parts, stores, lambda _: None)


def copies_gone(world: World) -> None:
    """All in; then either store loses a page and the primary a receipt, and one page only the spool has."""
    all_in(world)
    pages = pages_of(world)
    for store, page in (("r", pages[1]), ("p", pages[0]), ("p", pages[1])):
        (world.folder / store / object_key(page)).unlink()
    next((world.folder / "p" / "receipt").rglob("*.json")).unlink()


def harmed(world: World) -> None:
    """The same, and a bit flips in each store."""
    copies_gone(world)
    pages = pages_of(world)
    for store, page in (("r", pages[0]), ("p", pages[4])):
        path = world.folder / store / object_key(page)
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def pages_of(world: World) -> list[str]:
    files = world.files().items()
    return [digest(page) for name, content in files for _, page in split(name, content)]


def ordered(world: World) -> None:
    """All in and packed, and the pages' copies in the primary may go."""
    all_in(world)
    with world.open() as (parts, stores):
        packing_all(world, parts, stores, lambda _: None)
        stores.vault.flush()
        later = tomorrow() + timedelta(days=1)
        order = lifecycle.plan(lifecycle_of(parts, stores, lambda _: None), later).order
        assert order
        parts.catalog.removals.approve(order.no, "wu")


def ordered_short(world: World) -> None:
    """The same; then the volume is gone, and that was told."""
    ordered(world)
    with world.open() as (parts, stores):
        for name in stores.cold.volumes():
            discard(world.workspace.cold(parts.settings) / name)
        verifier = Verifier(parts, stores, Silent(), lambda _: None)
        assert verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all").gone


def listed_for_destruction(world: World) -> None:
    """All in, one page with a text and an entry in the index, and two pages are approved to be destroyed."""
    all_in(world)
    first, second = pages_of(world)[:2]
    with world.open() as (parts, stores):
        text = stores.vault.keep_text(b"%PDF-1.7 words")
        stored = StoredText(first, text.sha256, text.byte_count, "t", text.versions)
        parts.catalog.texts.keep(stored, "li")
        parts.catalog.texts.index(first, "words", Asking("li", "test"))
        stores.vault.flush()
        names = (
            (ItemKind.INDEX, first),
            (ItemKind.TEXT, text.key),
            (ItemKind.IMAGE, object_key(first)),
            (ItemKind.IMAGE, object_key(second)),
        )
        items = [Item(kind, name, digest(name.encode()), 1, "1", "r", DAY) for kind, name in names]
        items = [replace(one, sha256=one.name[-64:]) if "obj" in one.name else one for one in items]
        register, rules = parts.catalog.destructions, DestructionRules(chain=())
        no = register.enter(BATCH.branch, items, "he").no
        register.decide(no, rules, True, "8", "sun")
        for person in ("qian", "zhao"):
            register.attend(no, person)

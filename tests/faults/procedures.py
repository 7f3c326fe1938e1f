"""Every procedure of the product that has named steps: how it is set going, and when its work is done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from unittest.mock import patch

from catalog.catalog import Catalog
from catalog.texts import Asking, StoredText
from flows import (
    bundling,
    debts,
    destroying,
    lifecycle,
    log_signing,
    monthly,
    packing,
    rebuild,
    restore,
    sweep,
    take_in,
    upkeep,
)
from flows.cold_settings import VolumeSettings
from flows.destruction_due import Due, Verdict
from flows.keeping import Keeper
from flows.log_reading import in_store, prove
from flows.parts import Parts
from flows.settings import LifecycleSettings
from flows.stores import Stores
from flows.verify import Verifier
from pipeline.copies import Depth
from pipeline.destruction import DestructionRules, Item, ItemKind
from pipeline.errors import Unavailable
from pipeline.language import say
from pipeline.monthly import Month, PackageActKind
from pipeline.signature import Signer
from storage import fixity, sealing, vault, volumes
from storage.bags import discard
from storage.folder import FolderStore
from storage.store import Store, digest, object_key
from tests.faults.world import BATCH, DAY, At, Silent, World, inspect, split, tomorrow

Act = Callable[[World, Parts, Stores, At], None]


@dataclass(frozen=True)
class Procedure:
    """One procedure: brought about in a world by ``prepare``, done by ``act``, as often as it takes."""

    name: str
    steps: tuple[str, ...]
    prepare: Callable[[World], None]
    act: Act
    moving: bool = False
    """From a watched inbox, which is emptied."""
    holds_at_death: bool = False
    """Whether nothing is damaged to begin with, so that the promise holds at any moment."""
    retries: bool = True
    """Whether it gets further at each try, however many store errors it meets; the others tell them."""


def taking_in(world: World, parts: Parts, stores: Stores, at: At) -> None:
    with patch("flows.take_in.inspect", inspect):
        take_in.take_in(world.intake(parts, stores, at), world.scans, BATCH, Silent())


def taking_in_side_by_side(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """Several pages are stored at once, and entered in their order."""
    intake = replace(world.intake(parts, stores, at), storing=4)
    with patch("flows.take_in.inspect", inspect):
        take_in.take_in(intake, world.scans, BATCH, Silent())


def taking_in_owing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """The replica is down meanwhile, and may be owed."""
    down = patch.object(stores.vault, "replica", Down(stores.vault.replica))
    with down, patch.object(stores.vault, "_owing", True):
        taking_in(world, parts, stores, at)


def finish(world: World, parts: Parts, stores: Stores, at: At = lambda _: None) -> None:
    """What each night does after any of them: debts, sweep, bundle."""
    assert not debts.pay_debts(parts, stores.vault, at).left
    verifier = Verifier(parts, stores, Silent(), lambda _: None, at=at)
    found = sweep.sweep(verifier, tomorrow(), at)
    assert found.clean, [str(one) for one in found.messages]
    bundling.keep_changes(parts.catalog.bundles, stores.vault, at)
    stores.vault.flush()


def _nothing(world: World) -> None: ...


def _damaged_before(world: World) -> None:
    """A first put of an earlier run stored other bytes in both stores (rule R7)."""
    page = digest(world.files()["0002 同.jpg"])
    for store in (world.store("p"), world.store("r")):
        store.put_once(object_key(page), b"damaged", page)


def _in(world: World) -> None:
    with world.open() as (parts, stores):
        taking_in(world, parts, stores, lambda _: None)
        bundling.keep_changes(parts.catalog.bundles, stores.vault)
        stores.vault.flush()


def _unbundled(world: World) -> None:
    with world.open() as (parts, stores):
        taking_in(world, parts, stores, lambda _: None)


class Down:
    """A store that does not answer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        if name == "describe":
            return self._store.describe
        raise Unavailable(say("down"))


def owing_all(world: World) -> None:
    """Everything came in while the replica was down."""
    with world.open(owing=True) as (parts, stores):
        stores.vault.replica = Down(stores.vault.replica)  # type: ignore[assignment]
        taking_in(world, parts, stores, lambda _: None)


def _gone(world: World) -> None:
    """All in; then either store loses a page and the primary a receipt, and one page only the spool has."""
    _in(world)
    pages = _pages(world)
    for store, page in (("r", pages[1]), ("p", pages[0]), ("p", pages[1])):
        (world.folder / store / object_key(page)).unlink()
    next((world.folder / "p" / "receipt").rglob("*.json")).unlink()


def _harmed(world: World) -> None:
    """The same, and a bit flips in each store."""
    _gone(world)
    pages = _pages(world)
    for store, page in (("r", pages[0]), ("p", pages[4])):
        path = world.folder / store / object_key(page)
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def _pages(world: World) -> list[str]:
    files = world.files().items()
    return [digest(page) for name, content in files for _, page in split(name, content)]


def paying(world: World, parts: Parts, stores: Stores, at: At) -> None:
    payment = debts.pay_debts(parts, stores.vault, at)
    if payment.left:
        raise Unavailable(say("left"))


def _bundling(world: World, parts: Parts, stores: Stores, at: At) -> None:
    bundling.keep_changes(parts.catalog.bundles, stores.vault, at)
    stores.vault.flush()
    _rebuilding(world, parts, stores, lambda _: None)


def repairing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    verifier = Verifier(parts, stores, Silent(), lambda _: None, at=at)
    found = verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all")
    if not found.whole:
        raise Unavailable(say("not whole"))


def _sweeping(world: World, parts: Parts, stores: Stores, at: At) -> None:
    verifier = Verifier(parts, stores, Silent(), lambda _: None, at=at)
    if not sweep.sweep(verifier, tomorrow(), at).clean:
        raise Unavailable(say("not clean"))


def _keeping_up(world: World, parts: Parts, stores: Stores, at: At) -> None:
    night = upkeep.Upkeep(parts, stores, Silent(), lambda _: None, DAY, at)
    if upkeep.keep_up(night).critical:
        raise Unavailable(say("critical"))


def _packing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    left = packing.pack(packing.Packing(parts, stores, "li", Silent(), at), everything=True).left
    if left:
        raise Unavailable(left[0])


def _lifecycle(parts: Parts, stores: Stores, at: At) -> lifecycle.Lifecycle:
    rules = LifecycleSettings(hot_days=1, least_copies=2)
    settings = parts.settings.model_copy(update={"lifecycle": rules})
    ruled = replace(parts, settings=settings)
    return lifecycle.Lifecycle(ruled, stores, "li", Silent(), at)


def _ordered(world: World) -> None:
    """All in and packed, and the pages' copies in the primary may go."""
    _in(world)
    with world.open() as (parts, stores):
        _packing(world, parts, stores, lambda _: None)
        stores.vault.flush()
        later = tomorrow() + timedelta(days=1)
        order = lifecycle.plan(_lifecycle(parts, stores, lambda _: None), later).order
        assert order
        parts.catalog.removals.approve(order.no, "wu")


def _ordered_short(world: World) -> None:
    """The same; then the volume is gone, and that was told."""
    _ordered(world)
    with world.open() as (parts, stores):
        for name in stores.cold.volumes():
            discard(world.workspace.cold(parts.settings) / name)
        verifier = Verifier(parts, stores, Silent(), lambda _: None)
        assert verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all").gone


def _refusing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """Nothing may go; what was in the volume is packed again afterwards, as the next closing does."""
    if lifecycle.run(_lifecycle(parts, stores, at), 1).failed:
        raise Unavailable(say("left"))
    _packing(world, parts, stores, lambda _: None)


def _removing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    done = lifecycle.run(_lifecycle(parts, stores, at), 1)
    if done.removed != done.listed:
        raise Unavailable(say("left"))


def _listed(world: World) -> None:
    """All in, one page with a text and an entry in the index, and two pages are approved to be destroyed."""
    _in(world)
    first, second = _pages(world)[:2]
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


def _destroying(world: World, parts: Parts, stores: Stores, at: At) -> None:
    judge = Due(Keeper(parts, DAY))
    with patch.object(Due, "objects", lambda *_: Verdict(None, None)):
        destroying.carry_out(destroying.Destroying(parts, stores, judge, "li", Silent(), at), 1)
    if any(one.open for one in parts.catalog.destructions.order(1).items):
        raise Unavailable(say("left"))


def _sending_up(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """A month goes up, is read back and accepted; then headquarters has every page."""
    headquarters = FolderStore(world.folder / "headquarters")
    headquarters.ensure_folder()
    up, month = monthly.Uploading(parts, stores.vault, headquarters, "li", Silent(), at), _MONTH
    monthly.send(up, BATCH.branch, month)
    for package in parts.catalog.monthly.packages(month):
        if package.last is PackageActKind.SENT and monthly.receive(up, package).faults:
            raise Unavailable(say("faults"))
    (one,) = monthly.branch_months(parts, month, None)
    assert one.accepted == one.pages > 0


def _encrypting(world: World, parts: Parts, stores: Stores, at: At) -> None:
    encrypted = VolumeSettings(encrypt_for=(_RECIPIENT,))
    settings = parts.settings.model_copy(update={"volumes": encrypted})
    _packing(world, replace(parts, settings=settings), stores, at)


def empty_catalog(world: World) -> Catalog:
    place = world.folder / "again.sqlite"
    for one in world.folder.glob("again.sqlite*"):
        one.unlink()
    shutil.copy(world.folder / "empty.sqlite", place)
    return Catalog.open(f"sqlite:///{place}")


def _rebuilding(world: World, parts: Parts, stores: Stores, at: At) -> None:
    again = empty_catalog(world)
    try:
        found = rebuild.rebuild((stores.vault.replica,), again, Silent(), at)
        if found.faults or found.gaps:
            raise Unavailable(say("faults"))
        assert found.complete, "the rebuilt catalog is not complete"
        assert not list(parts.catalog.differences(again)), "the rebuilt catalog differs"
    finally:
        again.close()


def _drilling(world: World, parts: Parts, stores: Stores, at: At) -> None:
    place = world.folder / "drill place"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    replica, primary = stores.vault.replica, stores.vault.primary
    drill = restore.Drilling(parts.catalog, replica, place, Silent(), primary, at)
    restored = restore.begin(drill)
    restore.restore_objects(drill, restored)
    with patch.object(
        Catalog, "create_empty", lambda url: empty_catalog(world)
    ):  # migrations take long
        restore.rebuild_catalog(drill, restored)
    if restored.faults:
        raise Unavailable(restored.faults[0])
    signer = Signer.of(world.workspace.signing_key)
    restore.record(drill, restored, 0.0, signer, "li")
    if refused := restore.keep_records(parts.catalog, stores.vault):
        raise Unavailable(refused[0])
    stores.vault.flush()


def _signing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """Signed, and then proved by what each store holds."""
    folder = world.workspace.audit(parts.settings)
    Signer.of(log_signing.key_file(folder))
    key = log_signing.AuditKey.of(folder, "test")
    log_signing.sign(
        log_signing.Signing(parts.catalog.audit, stores.vault, key, folder, Silent(), at)
    )
    stores.vault.flush()
    known = (key.public.opened(one.note) for one in parts.catalog.audit.checkpoints())
    elsewhere = [one for one in known if one]
    for name in ("p", "r"):
        proved = prove(in_store(world.store(name)), key.public, elsewhere, Silent())
        assert proved.faults == (), [str(one.message) for one in proved.faults]
        assert elsewhere[-1].size == proved.size > 0


_MONTH = Month(DAY.year, DAY.month)
_RECIPIENT = "age1has6u7gvrcgy2r44az2tul62fm5t6y3r075q5fpwxpr8f7grzgksxqfqst"
"""A public key of age whose private one nobody has: what is packed for it is never opened here."""
_INTAKE = (*take_in.STEPS, *vault.STEPS)

_OWING = (*take_in.STEPS, "primary_put", "replica_put", "kept")

PROCEDURES = (
    Procedure(
        "take in a folder",
        _INTAKE[:6] + vault.STEPS,
        _damaged_before,
        taking_in,
        holds_at_death=True,
    ),
    Procedure("take in an inbox", _INTAKE, _damaged_before, taking_in, True, True),
    Procedure("take in side by side", _INTAKE, _damaged_before, taking_in_side_by_side, True, True),
    Procedure("take in owing", _OWING, _nothing, taking_in_owing, True, True),
    Procedure("pay debts", (*debts.STEPS, "replica_put", "kept"), owing_all, paying),
    Procedure("bundle the catalog", bundling.STEPS, _unbundled, _bundling),
    Procedure("verify and repair", fixity.STEPS, _harmed, repairing),
    Procedure("sweep", sweep.STEPS, _gone, _sweeping),
    # A night has so many acts that one nearly always fails: it is told, and the next night is honest.
    Procedure(
        "nightly",
        tuple(one.__name__ for one in upkeep.PARTS),
        _gone,
        _keeping_up,
        retries=False,
    ),
    Procedure("sign the log", log_signing.STEPS, _in, _signing),
    Procedure("pack a volume", (*packing.STEPS, *volumes.STEPS), _in, _packing),
    Procedure("remove online copies", lifecycle.STEPS, _ordered, _removing, holds_at_death=True),
    Procedure(
        "remove where too few are left",
        ("removal_due",),
        _ordered_short,
        _refusing,
        holds_at_death=True,
    ),
    Procedure("destroy", destroying.STEPS, _listed, _destroying, holds_at_death=True),
    Procedure("send a month up", monthly.STEPS, _in, _sending_up, holds_at_death=True),
    Procedure("pack an encrypted volume", sealing.STEPS, _in, _encrypting),
    Procedure("rebuild the catalog", rebuild.STEPS, _in, _rebuilding, retries=False),
    Procedure("restore drill", restore.STEPS, _in, _drilling, retries=False),
)
WALKED = (
    take_in,
    vault,
    debts,
    bundling,
    fixity,
    sweep,
    log_signing,
    monthly,
    packing,
    volumes,
    sealing,
    rebuild,
    restore,
    lifecycle,
    destroying,
)
"""The modules whose STEPS the procedures walk."""

"""What is set going in a world: each procedure of the product, as often as it takes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

from catalog.catalog import Catalog
from flows import (
    bundling,
    debts,
    destroying,
    digital,
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
from flows.agent.ledger import Ledger
from flows.agent.rounds import Agent
from flows.cold_settings import VolumeSettings
from flows.destruction_due import Due, Verdict
from flows.keeping import Keeper
from flows.log_reading import in_store, prove
from flows.parts import Parts
from flows.store_settings import LifecycleSettings
from flows.stores import Stores
from flows.uploads import Uploads
from flows.verify import Verifier
from ingest.inbox import ClaimRules
from pipeline.clocks import ZONE
from pipeline.copies import Depth
from pipeline.errors import PaperproofError, Unavailable
from pipeline.language import say
from pipeline.media import Format
from pipeline.model import Batch
from pipeline.monthly import Month
from pipeline.signature import Signer
from storage.folder import FolderStore
from storage.store import Store
from tests.direct_line import DirectLine
from tests.faults.world import BATCH, DAY, At, Silent, World, inspect, tomorrow
from tests.sent_package import send


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


def taking_in_digital(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """A package of an online system; what its files are is not looked at here."""
    folder = world.folder.with_name(f"{world.folder.name} package")
    now = datetime(2026, 11, 20, tzinfo=ZONE)
    intake = digital.DigitalIntake(
        parts, stores, lambda _head, _name: Format.PDF, "3301", "wang", now, at=at
    )
    taken = digital.take_in_digital(intake, send(folder), Silent())
    assert not taken.refused


def sending(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """A station's agent sends its inbox, and headquarters, in the same process, takes in what is whole."""
    uploads = Uploads(parts.workspace.uploads, 1 << 20)

    def take(batch: Batch) -> None:
        intake = replace(world.intake(parts, stores, at), moving=True)
        with patch("flows.take_in.inspect", inspect):
            take_in.take_in(intake, uploads.of(batch), batch, Silent())

    ledger = Ledger(world.folder / "agent")
    ledger.prepare()
    line = DirectLine(parts, uploads, take)
    of = (BATCH.branch, BATCH.station, BATCH.name, BATCH.day)
    agent = Agent(world.scans, ledger, line, *of, ClaimRules(0), at=at)
    for _ in range(3):
        done = agent.round()
        if done.trouble:
            raise PaperproofError(done.trouble)
    assert not agent.debt().files


def finish(world: World, parts: Parts, stores: Stores, at: At = lambda _: None) -> None:
    """What each night does after any of them: debts, sweep, bundle."""
    assert not debts.pay_debts(parts, stores.vault, at).left
    verifier = Verifier(parts, stores, Silent(), lambda _: None, at=at)
    found = sweep.sweep(verifier, tomorrow(), at)
    assert found.clean, [str(one) for one in found.messages]
    bundling.keep_changes(parts.catalog.bundles, stores.vault, at)
    stores.vault.flush()


class Down:
    """A store that does not answer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        if name == "describe":
            return self._store.describe
        raise Unavailable(say("down"))


def paying(world: World, parts: Parts, stores: Stores, at: At) -> None:
    payment = debts.pay_debts(parts, stores.vault, at)
    if payment.left:
        raise Unavailable(say("left"))


def keeping_changes(world: World, parts: Parts, stores: Stores, at: At) -> None:
    bundling.keep_changes(parts.catalog.bundles, stores.vault, at)
    stores.vault.flush()
    rebuilding(world, parts, stores, lambda _: None)


def repairing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    verifier = Verifier(parts, stores, Silent(), lambda _: None, at=at)
    found = verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all")
    if not found.whole:
        raise Unavailable(say("not whole"))


def sweeping(world: World, parts: Parts, stores: Stores, at: At) -> None:
    verifier = Verifier(parts, stores, Silent(), lambda _: None, at=at)
    if not sweep.sweep(verifier, tomorrow(), at).clean:
        raise Unavailable(say("not clean"))


def keeping_up(world: World, parts: Parts, stores: Stores, at: At) -> None:
    night = upkeep.Upkeep(parts, stores, Silent(), lambda _: None, DAY, at)
    if upkeep.keep_up(night).critical:
        raise Unavailable(say("critical"))


def packing_all(world: World, parts: Parts, stores: Stores, at: At) -> None:
    left = packing.pack(packing.Packing(parts, stores, "li", Silent(), at), everything=True).left
    if left:
        raise Unavailable(left[0])


def lifecycle_of(parts: Parts, stores: Stores, at: At) -> lifecycle.Lifecycle:
    rules = LifecycleSettings(hot_days=1, least_copies=2)
    settings = parts.settings.model_copy(update={"lifecycle": rules})
    ruled = replace(parts, settings=settings)
    return lifecycle.Lifecycle(ruled, stores, "li", Silent(), at)


def refusing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """Nothing may go; what was in the volume is packed again afterwards, as the next closing does."""
    if lifecycle.run(lifecycle_of(parts, stores, at), 1).failed:
        raise Unavailable(say("left"))
    packing_all(world, parts, stores, lambda _: None)


def removing(world: World, parts: Parts, stores: Stores, at: At) -> None:
    done = lifecycle.run(lifecycle_of(parts, stores, at), 1)
    if done.removed != done.listed:
        raise Unavailable(say("left"))


def destroying_listed(world: World, parts: Parts, stores: Stores, at: At) -> None:
    judge = Due(Keeper(parts, DAY))
    with patch.object(Due, "objects", lambda *_: Verdict(None, None)):
        destroying.carry_out(destroying.Destroying(parts, stores, judge, "li", Silent(), at), 1)
    if any(one.open for one in parts.catalog.destructions.order(1).items):
        raise Unavailable(say("left"))


def sending_up(world: World, parts: Parts, stores: Stores, at: At) -> None:
    """A month goes up, is read back and accepted; then headquarters has every page."""
    headquarters = FolderStore(world.folder / "headquarters")
    headquarters.ensure_folder()
    up, month = monthly.Uploading(parts, stores.vault, headquarters, "li", Silent(), at), MONTH
    monthly.send(up, BATCH.branch, month)
    for _, arrived in monthly.receive_branch(up, BATCH.branch, month):
        if arrived.faults:
            raise Unavailable(say("faults"))
    (one,) = monthly.branch_months(parts, month, None)
    assert one.accepted == one.pages > 0


def encrypting(world: World, parts: Parts, stores: Stores, at: At) -> None:
    encrypted = VolumeSettings(encrypt_for=(RECIPIENT,))
    settings = parts.settings.model_copy(update={"volumes": encrypted})
    packing_all(world, replace(parts, settings=settings), stores, at)


def empty_catalog(world: World) -> Catalog:
    place = world.folder / "again.sqlite"
    for one in world.folder.glob("again.sqlite*"):
        one.unlink()
    shutil.copy(world.folder / "empty.sqlite", place)
    return Catalog.open(f"sqlite:///{place}")


def rebuilding(world: World, parts: Parts, stores: Stores, at: At) -> None:
    again = empty_catalog(world)
    try:
        found = rebuild.rebuild((stores.vault.replica,), again, Silent(), at)
        if found.faults or found.gaps:
            raise Unavailable(say("faults"))
        assert found.complete, "the rebuilt catalog is not complete"
        assert not list(parts.catalog.differences(again)), "the rebuilt catalog differs"
    finally:
        again.close()


def drilling(world: World, parts: Parts, stores: Stores, at: At) -> None:
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


def signing(world: World, parts: Parts, stores: Stores, at: At) -> None:
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


MONTH = Month(DAY.year, DAY.month)


RECIPIENT = "age1has6u7gvrcgy2r44az2tul62fm5t6y3r075q5fpwxpr8f7grzgksxqfqst"
"""A public key of age whose private one nobody has: what is packed for it is never opened here."""

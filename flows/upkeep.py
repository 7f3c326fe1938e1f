"""The nightly upkeep of the copies: pay debts, sweep, verify, make up for lost bundles, bundle."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import nsmallest
from math import ceil

from flows.bundling import keep_changes
from flows.copy_faults import Fault
from flows.debts import pay_debts
from flows.holding import apply_holds
from flows.lost_bundles import make_up
from flows.parts import Parts
from flows.progress import Progress
from flows.restore import keep_records
from flows.retention import extend
from flows.self_test import refusal, test_stores
from flows.stores import Stores
from flows.sweep import sweep
from flows.verified import Verified
from flows.verify import Verifier
from pipeline.copies import Depth
from pipeline.errors import PaperproofError
from pipeline.events import timed
from pipeline.language import Message, say
from storage.store import digest

_NONCE_BYTES = 16
_SPARE_DAYS = 2
"""A night may be missed without a copy waiting longer than the settings allow."""


@dataclass(frozen=True)
class Upkeep:
    """The surroundings of one night."""

    parts: Parts
    stores: Stores
    progress: Progress
    on_fault: Callable[[Fault], None]
    today: date
    at: Callable[[str], None] = lambda _step: None


@dataclass(frozen=True)
class Told:
    """What one part of the upkeep has to say."""

    messages: tuple[Message, ...] = ()
    critical: bool = False
    """Something cannot be put right without a person."""


Part = Callable[[Upkeep], Told]


def self_test(night: Upkeep) -> Told:
    """Try the stores out; a lock that is wanted and does not hold is critical."""
    parts = night.parts
    tested = test_stores(parts.settings, parts.catalog, night.stores.vault)
    failing = tuple(refusal(one.place, one.test) for one in tested if one.fails and one.test)
    return Told(failing, critical=bool(failing))


def debts(night: Upkeep) -> Told:
    """Give the replica what it is owed."""
    payment = pay_debts(night.parts, night.stores.vault, night.at)
    told = [say("{count} debts were paid.", count=payment.paid)] if payment.paid else []
    if payment.left:
        told.append(say("{count} objects are still owed.", count=payment.left))
    return Told((*told, *payment.faults), critical=bool(payment.faults))


def swept(night: Upkeep) -> Told:
    """Hold objects, rows, receipts and the other store against each other."""
    found = sweep(_verifier(night, b""), at=night.at)
    return Told(found.messages, critical=not found.clean)


def rolling(night: Upkeep) -> Told:
    """Read the copies that wait longest, so that each is read within the days of the settings."""
    rules, verifications = night.parts.settings.verify, night.parts.catalog.verifications
    objects, _ = night.parts.catalog.copies.total()
    before = datetime.now(UTC) - timedelta(days=max(rules.within_days - _SPARE_DAYS, 0))
    volumes = night.stores.cold.volumes()
    keys = verifications.longest_unread(ceil(objects / rules.within_days), before, volumes)
    return _verified(night, tuple(sorted(keys)), "rolling", b"")


def sample(night: Upkeep) -> Told:
    """Read a share of all objects, drawn by the day, with a nonce that no store can have foreseen."""
    keys = drawn(night.parts, night.today)
    return _verified(night, keys, "sample", secrets.token_bytes(_NONCE_BYTES))


def retained(night: Upkeep) -> Told:
    """Lock for longer what rules keep until a date that is known by now."""
    done = extend(night.parts, night.stores)
    return Told(done.messages, critical=bool(done.left))


def held(night: Upkeep) -> Told:
    """Look at all that is held, and give the stores the holds that they do not have."""
    applied = apply_holds(night.parts, night.stores, everything=True)
    return Told(applied.messages, critical=bool(applied.left))


def made_up(night: Upkeep) -> Told:
    """Have what was in bundles that no store has any more bundled again, while the catalog lives."""
    return Told(make_up(night.parts, night.stores, night.progress))


def bundled(night: Upkeep) -> Told:
    """Keep what changed in the catalog as objects too, and records of drills that no store has yet."""
    told = keep_records(night.parts.catalog, night.stores.vault)
    keep_changes(night.parts.catalog.bundles, night.stores.vault, night.at)
    night.stores.vault.flush()
    return Told(told)


PARTS: tuple[Part, ...] = (
    *(self_test, debts, swept, rolling, sample, retained, held),
    *(made_up, bundled),
)
"""What a night does, in order."""


def drawn(parts: Parts, today: date) -> tuple[str, ...]:
    """Draw the day's sample: the same day draws the same of the same objects, another day others."""
    objects, _ = parts.catalog.copies.total()
    count = ceil(objects * parts.settings.verify.daily_share)
    keys = parts.catalog.verifications.all_keys()
    return tuple(sorted(nsmallest(count, keys, key=lambda key: digest(f"{today} {key}".encode()))))


def keep_up(night: Upkeep) -> Told:
    """Do all parts of the upkeep; what one of them raises is told and keeps no other from its work."""
    messages: list[Message] = []
    critical = False
    for part in PARTS:
        night.at(part.__name__)
        with timed("night.part", part=part.__name__) as about:
            try:
                told = part(night)
            except PaperproofError as error:
                told = Told((error.message,), critical=True)
            about["critical"] = told.critical
        messages += told.messages
        critical = critical or told.critical
    return Told(tuple(dict.fromkeys(messages)), critical)


def _verified(night: Upkeep, keys: tuple[str, ...], scope: str, nonce: bytes) -> Told:
    night.progress.total(len(keys))
    account = _verifier(night, nonce).verify(keys, Depth.BYTES, scope)
    return Told(summary(account), critical=not account.whole)


def _verifier(night: Upkeep, nonce: bytes) -> Verifier:
    return Verifier(night.parts, night.stores, night.progress, night.on_fault, nonce, night.at)


def summary(account: Verified) -> tuple[Message, ...]:
    """Tell a verification in a few sentences."""
    first = say(
        "{objects} objects, {copies} copies verified: {bad} bad, {healed} repaired, {lost} without a good "
        "copy.",
        objects=account.objects,
        copies=account.copies,
        bad=account.bad,
        healed=account.healed,
        lost=account.lost,
    )
    if not account.settled:
        return (first, *account.needing)
    settled = say(
        "{count} of those without a good copy are settled and need nothing more: {who}.",
        count=account.settled.total(),
        who=", ".join(f"{who} ({count})" for who, count in sorted(account.settled.items())),
    )
    return (first, settled, *account.needing)

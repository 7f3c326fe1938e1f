"""Locks in use: tried out, kept on record, and no page comes in while one does not hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from flows.last_tested import last_tested, name_of
from flows.parts import Parts
from flows.self_test import require_locks, test_stores
from flows.settings import Settings
from flows.store_settings import StoreSettings
from flows.stores import lock_rule, open_stores, prepare_stores
from flows.upkeep import PARTS, self_test
from pipeline.errors import Unavailable, Unsupported, UserError
from pipeline.self_test import Outcome, SelfTest, Trait
from storage.folder import FolderStore
from storage.s3 import S3Store
from storage.store import LATEST, Lock, digest, object_key
from storage.vault import Vault
from tests.flows.conftest import Run
from tests.storage.conftest import LyingStore

test_stores.__test__ = False  # type: ignore[attr-defined]

PAGE = b"a page"
LOCKED = Settings(
    primary=StoreSettings(bucket="locked-primary", lock="compliance"),
    replica=StoreSettings(bucket="locked-replica", lock="compliance"),
)


def lying(folder: Path) -> LyingStore:
    store = FolderStore(folder)
    store.ensure_folder()
    return LyingStore(store)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """Two stores that pretend to lock."""
    primary, replica = lying(tmp_path / "primary"), lying(tmp_path / "replica")
    primary.lie = replica.lie = "pretends locks"
    return Vault(primary, replica, lock=lock_rule(LOCKED))


@pytest.fixture
def locked(parts: Parts) -> Iterator[Vault]:
    """The local server, with locks."""
    prepare_stores(parts.workspace, LOCKED)
    with open_stores(parts.workspace, LOCKED, parts.catalog) as stores:
        yield stores.vault


def answers(outcome: Outcome) -> SelfTest:
    return SelfTest(datetime.now(UTC), dict.fromkeys(Trait, outcome))


def test_what_is_kept_is_locked_at_both_places_for_the_days_of_the_settings(
    locked: Vault, parts: Parts
) -> None:
    kept = locked.keep(PAGE, digest(PAGE))
    locked.flush()
    wanted = Lock.for_days(datetime.now(UTC), 400)
    assert kept.replica
    assert kept.primary.lock == kept.replica.lock == wanted
    for store in (locked.primary, locked.replica):
        head = store.head(object_key(digest(PAGE)))
        assert head and head.lock == wanted
    require_locks(LOCKED, parts.catalog, locked)
    first = last_tested(LOCKED, parts.catalog)
    assert [one.locks for one in first] == [True, True]
    require_locks(LOCKED, parts.catalog, locked)
    assert last_tested(LOCKED, parts.catalog) == first  # not tried at each command


def test_a_page_that_was_kept_before_is_locked_for_longer(locked: Vault) -> None:
    soon = Lock(datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1))
    for store in (locked.primary, locked.replica):
        store.put_once(object_key(digest(PAGE)), PAGE, digest(PAGE), soon)
    kept = locked.keep(PAGE, digest(PAGE))
    assert kept.primary.existed
    assert kept.primary.lock == Lock.for_days(datetime.now(UTC), 400)


def test_stores_that_pretend_to_lock_let_no_page_in(parts: Parts, vault: Vault) -> None:
    with pytest.raises(UserError, match="does not keep its locks") as caught:
        require_locks(LOCKED, parts.catalog, vault)
    assert "a locked version cannot be deleted" in str(caught.value)
    assert "主存储" in caught.value.message.in_language("zh")
    assert last_tested(LOCKED, parts.catalog)[0].fails
    with pytest.raises(UserError):
        require_locks(LOCKED, parts.catalog, vault)


def test_a_store_without_locks_lets_pages_in_only_when_none_are_wanted(
    parts: Parts, vault: Vault
) -> None:
    for store in (vault.primary, vault.replica):
        assert isinstance(store, LyingStore)
        store.lie = ""
    with pytest.raises(UserError, match="has no object lock"):
        require_locks(LOCKED, parts.catalog, vault)
    require_locks(Settings(), parts.catalog, vault)


def test_a_lock_that_is_not_read_back_stops_the_page_itself(vault: Vault) -> None:
    """Also between two self-tests."""
    assert isinstance(vault.primary, LyingStore)
    vault.primary.lie = "forgets the lock"
    vault.primary.honest = LyingStore(vault.primary.honest)
    with pytest.raises(Unsupported, match="does not lock"):
        vault.keep(PAGE, digest(PAGE))


def test_a_replica_that_is_down_keeps_its_record(parts: Parts, vault: Vault) -> None:
    assert isinstance(vault.replica, LyingStore)
    owing = LOCKED.model_copy(
        update={"stores": LOCKED.stores.model_copy(update={"admit_without_replica": True})}
    )
    parts.catalog.store_tests.enter(name_of(LOCKED.replica), answers(Outcome.HOLDS))
    vault.replica.lie = "is down"
    with pytest.raises(Unavailable):
        test_stores(LOCKED, parts.catalog, vault)
    assert test_stores(owing, parts.catalog, vault)[1].locks


def test_the_newest_answers_count_and_all_stay(parts: Parts) -> None:
    tests = parts.catalog.store_tests
    assert tests.last("local/a") is None
    for outcome in (Outcome.HOLDS, Outcome.FAILS):
        tests.enter("local/a", answers(outcome))
    tests.enter("local/b", answers(Outcome.HOLDS))
    last = tests.last("local/a")
    assert last and set(last.answers.values()) == {Outcome.FAILS}


def test_a_place_that_takes_second_puts_is_asked_first_until_it_is_seen_not_to(
    parts: Parts,
) -> None:
    prepare_stores(parts.workspace, LOCKED)
    parts.catalog.store_tests.enter(name_of(LOCKED.primary), answers(Outcome.FAILS))
    with open_stores(parts.workspace, LOCKED, parts.catalog) as stores:
        primary, replica = stores.vault.primary, stores.vault.replica
        assert isinstance(primary, S3Store) and isinstance(replica, S3Store)
        assert (primary._ask_first, replica._ask_first) == (True, False)
        tested = test_stores(LOCKED, parts.catalog, stores.vault)
    assert not any(one.repeats for one in tested)


def test_each_night_begins_with_a_self_test() -> None:
    assert PARTS[0] is self_test


def test_status_and_self_test_tell_it_loudly(parts: Parts, run: Run) -> None:
    (parts.workspace.folder / "paperproof.toml").write_text(
        '[primary]\nbucket = "ppp"\nlock = "compliance"\n[replica]\nbucket = "rrr"\n', "utf-8"
    )
    assert "never tried out" in run("storage", "status").stdout
    made = run("init")
    assert "hot replica LOCKS NOTHING" in made.stderr
    assert "primary store" not in made.stderr
    tried = run("storage", "self-test")
    assert tried.exit_code == 0
    assert "a locked version cannot be deleted" in tried.stdout
    assert "does not have it" in tried.stdout
    locks = json.loads(run("storage", "status", "--json").stdout)["locks"]
    assert locks["primary"]["hold"] and locks["primary"]["answers"]["multipart"] == "holds"
    assert not locks["replica"]["wanted"]
    assert "没有任何锁定" in run("storage", "status", lang="zh").stdout
    catalog = Catalog.create(parts.workspace.catalog_url(parts.settings))
    catalog.store_tests.enter("local/ppp", answers(Outcome.FAILS))
    catalog.close()
    assert "DOES NOT KEEP ITS LOCKS" in run("storage", "status").stdout


def test_no_lock_is_longer_than_servers_can_count() -> None:
    rule = lock_rule(LOCKED.model_copy(update={"lock_days": 200 * 365}))
    assert rule("primary") == Lock(LATEST)
    assert lock_rule(Settings())("primary") is None

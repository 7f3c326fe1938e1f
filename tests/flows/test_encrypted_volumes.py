"""Volumes that are encrypted: packed, listed, checked, opened and rebuilt from, whatever died in between."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest

from catalog.catalog import Catalog
from catalog.storage_status import storage_status
from flows.admit_page import Intake
from flows.cold_settings import VolumeSettings
from flows.packing import PackedVolumes, Packing, pack
from flows.parts import Parts
from flows.rebuild import rebuild
from flows.stores import Stores
from flows.sweep import sweep
from flows.take_in import take_in
from flows.verify import Verifier
from pipeline.copies import CopyState, Depth, Place
from pipeline.errors import UserError
from pipeline.model import Batch
from storage.sealing import STEPS
from storage.volumes import ColdShelf

from .conftest import Run, Silent


class Killed(BaseException):
    """Stands for the death of the process."""


@pytest.fixture
def key(tmp_path: Path) -> str:
    """A public key; the private one lies in the file key."""
    one = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{one}\n")
    return str(one.to_public())


@pytest.fixture
def taken(parts: Parts, intake: Intake, scans: Path, batch: Batch, key: str) -> Parts:
    take_in(intake, scans, batch, Silent())
    volumes = VolumeSettings(encrypt_for=(key,))
    return replace(parts, settings=parts.settings.model_copy(update={"volumes": volumes}))


def packed(taken: Parts, stores: Stores, kill: str = "") -> PackedVolumes:
    def at(step: str) -> None:
        if step == kill:
            raise Killed

    return pack(Packing(taken, stores, "tester", Silent(), at), everything=True)


def held(stores: Stores) -> Counter[str]:
    cold = stores.cold
    return Counter(one.key for name in cold.everything() for one in cold.objects_of(name))


@pytest.mark.requirement("B1-28", "DK-01")
def test_nothing_plain_stays_and_the_keys_are_asked_for(taken: Parts, stores: Stores) -> None:
    done = packed(taken, stores)
    assert stores.cold.volumes() == ()
    assert stores.cold.sealed() == ("PP-000001",)
    assert not [path for path in taken.workspace.sealing.iterdir() if path.is_dir()]
    assert set(held(stores)) == set(stores.vault.primary.iter_keys(""))
    told = [str(note) for note in done.notes]
    assert any("for one key only" in note for note in told)
    assert any("Nobody is written down" in note for note in told)
    assert packed(taken, stores).volumes == []


@pytest.mark.parametrize("step", [*STEPS, "entering"])
def test_killed_at_any_step_each_object_is_packed_once(
    taken: Parts, stores: Stores, step: str
) -> None:
    with pytest.raises(Killed):
        packed(taken, stores, step)
    packed(taken, stores)
    assert set(held(stores).values()) == {1}
    assert set(held(stores)) >= set(stores.vault.primary.iter_keys("obj/"))
    assert not list(taken.workspace.sealing.glob("PP-*"))


def test_verification_leaves_it_and_its_check_renews_it(
    taken: Parts, stores: Stores, run: Run
) -> None:
    packed(taken, stores)
    verifier = Verifier(taken, stores, Silent(), lambda _: None)
    assert verifier.verify(taken.catalog.verifications.all_keys(), Depth.BYTES, "all").whole
    assert sweep(verifier, datetime(2099, 1, 1, tzinfo=UTC)).clean, (
        "an encrypted volume is not gone"
    )
    counts = taken.catalog.copies.counts()
    assert {one.state for one in counts if one.place is Place.COLD} == {CopyState.INTACT}
    with taken.catalog._engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE object_copy SET verified_at = '2020-01-01 00:00:00', "
            "since = '2020-01-01 00:00:00' WHERE place = 'cold'"
        )
    assert storage_status(taken.catalog, 90).overdue
    assert run("cold", "check").exit_code == 0
    assert not storage_status(taken.catalog, 90).overdue
    assert "encrypted; on the shelf" in run("cold", "list").output
    [file] = (taken.workspace.folder / "cold").rglob("*.tar.age")
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1])
    assert run("cold", "check").exit_code == 1
    assert len(packed(taken, stores).volumes) == 1, "what is bad is packed again"


def test_rebuilding_says_what_to_open_and_the_opened_volume_gives_the_catalog(
    taken: Parts, stores: Stores, run: Run, tmp_path: Path
) -> None:
    packed(taken, stores)
    for source in ("cold", str(taken.workspace.folder / "cold")):
        refused = run("rebuild-catalog", "--into", str(tmp_path / "x.sqlite"), "--from", source)
        assert isinstance(refused.exception, UserError)
        assert "cold open PP-000001.sealed/PP-000001.tar.age" in str(refused.exception)
    drilled = run("storage", "drill", "--from", "cold")
    assert "encrypted" in str(drilled.exception)
    [file] = (taken.workspace.folder / "cold").rglob("*.tar.age")
    into = tmp_path / "opened"
    opened = run(
        "cold", "open", str(file), "--identity", str(tmp_path / "key"), "--into", str(into)
    )
    assert opened.exit_code == 0
    assert run("cold", "check", "--at", str(into)).exit_code == 0, "it is what was packed"
    again = Catalog.create_empty(f"sqlite:///{tmp_path / 'again.sqlite'}")
    assert rebuild((ColdShelf(into),), again, Silent()).complete
    again.close()
    wrong = run("cold", "open", str(into), "--identity", str(tmp_path / "key"), "--into", str(into))
    assert "no encrypted volume" in str(wrong.exception)


def test_a_volume_that_nobody_opens_any_more_is_packed_again_and_stays_given_up(
    taken: Parts, stores: Stores, run: Run
) -> None:
    count = packed(taken, stores).objects
    for _ in range(2):
        given_up = run("cold", "lost", "PP-000001", "--because", "密钥全部遗失", "--as", "吴敏")
        assert given_up.exit_code == 0
    assert packed(taken, stores).objects >= count
    packed(taken, stores)
    assert len(taken.catalog.volumes.objects_in("PP-000001")) == 0, "it is not entered again"
    assert "given up" in run("cold", "list").output
    assert isinstance(run("cold", "lost", "PP-000009", "--because", "x").exception, UserError)


def test_custody_is_written_down_act_by_act(taken: Parts, run: Run, key: str) -> None:
    custody = ("--holder", "周 合规", "--second-copy", "银行保管箱")
    assert "no key is written down" in run("cold", "key", "list").output
    assert run("cold", "key", "add", key, *custody, "--as", "吴敏").exit_code == 0
    assert "already" in run("cold", "key", "add", key, *custody, "--as", "吴敏").output
    moved = ("--holder", "郑 信息", "--second-copy", "银行保管箱")
    assert run("cold", "key", "add", key, *moved, "--as", "吴敏").exit_code == 0
    [one] = taken.catalog.cold_keys.all()
    assert (one.recipient, one.holder, one.who) == (key, "郑 信息", "吴敏")
    assert "郑 信息" in run("cold", "key", "list").output
    assert isinstance(run("cold", "key", "add", "age1x", *custody).exception, UserError)

"""A month for headquarters: sent once, whole or refused, and nobody calls complete what is not."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import bagit
import pytest

from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.monthly import STEPS, Uploading, branch_months, receive, receive_branch, send
from flows.monthly_bag import INDEX, written
from flows.parts import Parts
from flows.review import Review
from flows.stores import Stores
from pipeline.errors import StoreError, Unavailable, UserError
from pipeline.language import say
from pipeline.model import Batch
from pipeline.monthly import BranchMonth, Month, Package, Progress
from pipeline.signature import Signature
from pipeline.staff import Role
from pipeline.tasks.states import TaskState
from storage.folder import FolderStore
from storage.store import NoteKind, digest, note_key

from .captured_day import book, read, take_in_typed
from .conftest import DAY, Run, Silent, booked

NOVEMBER = Month(2026, 11)


@pytest.fixture
def headquarters(parts: Parts) -> FolderStore:
    store = FolderStore(parts.workspace.folder / "headquarters")
    store.ensure_folder()
    return store


@pytest.fixture
def uploading(
    parts: Parts, stores: Stores, headquarters: FolderStore, intake: Intake, closing: Closing,
    scans: Path, batch: Batch,
) -> Uploading:  # fmt: skip
    """A closed day of two transactions, of which review passed one."""
    book(parts, booked(1), booked(2))
    take_in_typed(intake, scans, batch, Silent(), None, "0001.jpg", "0002.jpg")
    read(parts, "0001.jpg", booked(1))
    read(parts, "0002.jpg", booked(2))
    close_branch(closing, DAY, "3301", Silent())
    first, _ = parts.catalog.tasks.of_day(DAY, "3301")
    Review(parts, "li").pass_(first)
    return Uploading(parts, stores.vault, headquarters, "zhao", Silent())


def of(uploading: Uploading) -> BranchMonth:
    (one,) = branch_months(uploading.parts, NOVEMBER, frozenset({"3301"}))
    return one


def only(uploading: Uploading) -> Package:
    (package,) = of(uploading).packages
    return package


@pytest.mark.requirement("CG-16.4c", "CG-10a")
def test_a_month_is_not_started_partial_and_complete(uploading: Uploading) -> None:
    assert of(uploading).progress is Progress.NOT_STARTED
    assert send(uploading, "3301", NOVEMBER) is not None
    assert (of(uploading).progress, of(uploading).sent) == (Progress.PARTIAL, 2)
    assert send(uploading, "3301", NOVEMBER) is None, "it is on its way, and nothing is new"
    assert not receive(uploading, only(uploading)).faults
    done = of(uploading)
    assert (done.progress, done.pages, done.accepted) == (Progress.COMPLETE, 2, 2)
    assert send(uploading, "3301", NOVEMBER) is None


def test_the_package_is_a_bag_that_other_tools_read(
    uploading: Uploading, headquarters: FolderStore, tmp_path: Path
) -> None:
    send(uploading, "3301", NOVEMBER)
    for key in headquarters.iter_keys("3301/2026-11/01/"):
        path = tmp_path / "bag" / key.removeprefix("3301/2026-11/01/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(headquarters.read(key))
    assert bagit.Bag(str(tmp_path / "bag")).validate()
    listed = (tmp_path / "bag/data/index/pages.csv").read_text("utf-8-sig")
    assert booked(1).serial_no in listed and booked(2).customer_no in listed


def states(uploading: Uploading) -> list[TaskState]:
    return [one.state for one in uploading.parts.catalog.tasks.of_day(DAY, "3301")]


def received(uploading: Uploading) -> list[str]:
    return [one.name for one, _ in receive_branch(uploading, "3301", NOVEMBER)]


@pytest.mark.requirement("CG-16.3a")
def test_what_review_passed_is_uploaded_once_it_is_accepted(uploading: Uploading) -> None:
    send(uploading, "3301", NOVEMBER)
    assert states(uploading) == [TaskState.REVIEWED, TaskState.CAPTURED]
    assert received(uploading) == ["3301/2026-11/01"]
    assert states(uploading) == [TaskState.UPLOADED, TaskState.CAPTURED]
    (day,) = uploading.parts.catalog.days.results(DAY, "3301")
    assert not day.changed, "what headquarters has changes nothing of what the closing found"


def test_what_is_reviewed_after_the_acceptance_is_uploaded_by_the_next_run(
    uploading: Uploading,
) -> None:
    send(uploading, "3301", NOVEMBER)
    received(uploading)
    _, second = uploading.parts.catalog.tasks.of_day(DAY, "3301")
    Review(uploading.parts, "li").pass_(second)
    assert received(uploading) == []
    assert states(uploading) == [TaskState.UPLOADED, TaskState.UPLOADED]


def test_a_later_page_goes_into_the_next_package(
    uploading: Uploading, intake: Intake, scans: Path, batch: Batch, voucher: Any
) -> None:
    send(uploading, "3301", NOVEMBER)
    receive(uploading, only(uploading))
    (scans / "0003.jpg").write_bytes(voucher(9))
    take_in_typed(intake, scans, batch, Silent(), "CASH_SLIP", "0003.jpg")
    assert (of(uploading).progress, of(uploading).open_days) == (Progress.PARTIAL, 1)
    later = send(uploading, "3301", NOVEMBER)
    assert later is not None and (later.name, later.pages) == ("3301/2026-11/02", 1)


@pytest.mark.parametrize("harm", ["flipped", "cut", "swapped", "added"])
def test_what_did_not_arrive_whole_is_refused_and_sent_again(
    uploading: Uploading, headquarters: FolderStore, harm: str
) -> None:
    send(uploading, "3301", NOVEMBER)
    keys = sorted(headquarters.iter_keys("3301/"))
    page, other = (key for key in keys if key.endswith(".jpg"))
    folder = uploading.parts.workspace.folder / "headquarters"
    paths = {digest(p.read_bytes()): p for p in folder.rglob("*") if p.is_file()}
    path = paths[digest(headquarters.read(page))]
    path.chmod(0o600)
    match harm:
        case "flipped":
            path.write_bytes(b"\0" + path.read_bytes()[1:])
        case "cut":
            last = "3301/2026-11/01/tagmanifest-sha256.txt"
            paths[digest(headquarters.read(last))].unlink()
        case "swapped":
            path.write_bytes(headquarters.read(other))
        case _:
            headquarters.put_once("3301/2026-11/01/data/more", b"more", digest(b"more"))
    arrived = receive(uploading, only(uploading))
    assert len(arrived.faults) == 1
    assert of(uploading).progress is Progress.PARTIAL
    (refusal,) = (act for act in only(uploading).acts if act.kind == "refused")
    assert refusal.note == arrived.faults[0]
    if harm == "added":
        key = "3301/2026-11/01/data/more"
        headquarters.delete_version(key, headquarters.versions(key)[0].version_id, "refused")
    assert send(uploading, "3301", NOVEMBER) is not None
    assert not receive(uploading, only(uploading)).faults
    assert of(uploading).progress is Progress.COMPLETE


class Died(Exception):
    """The process ended here."""


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_run_completes(uploading: Uploading, step: str) -> None:
    def die(at: str) -> None:
        if at == step:
            raise Died

    def all_of_it(one: Uploading) -> None:
        send(one, "3301", NOVEMBER)
        received(one)

    with pytest.raises(Died):
        all_of_it(replace(uploading, at=die))
    all_of_it(uploading)
    done = of(uploading)
    assert (done.progress, done.accepted, len(done.packages)) == (Progress.COMPLETE, 2, 1)
    assert states(uploading) == [TaskState.UPLOADED, TaskState.CAPTURED]


def test_a_store_that_is_down_leaves_it_to_the_next_run(
    uploading: Uploading, headquarters: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: Callable[..., Any] = headquarters.put_once
    calls = iter(range(100))

    def once(*arguments: Any, **named: Any) -> Any:
        if next(calls):
            raise Unavailable(say("{store} is down.", store="headquarters"))
        return put(*arguments, **named)

    with monkeypatch.context() as down:
        down.setattr(headquarters, "put_once", once)
        with pytest.raises(StoreError):
            send(uploading, "3301", NOVEMBER)
    assert of(uploading).progress is Progress.NOT_STARTED
    send(uploading, "3301", NOVEMBER)
    assert not receive(uploading, only(uploading)).faults


def test_the_receipt_is_signed_and_kept_in_both_stores(uploading: Uploading) -> None:
    send(uploading, "3301", NOVEMBER)
    receive(uploading, only(uploading))
    sha256 = only(uploading).acts[-1].note
    key = note_key(NoteKind.UPLOAD, sha256)
    for store in (uploading.vault.primary, uploading.vault.replica):
        note = json.loads(store.read(key))
        assert Signature(**note["signature"]).holds_for(note["receipt"].encode())
        assert json.loads(note["receipt"])["package"] == "3301/2026-11/01"


def test_what_does_not_wait_is_not_received(uploading: Uploading) -> None:
    send(uploading, "3301", NOVEMBER)
    sent = only(uploading)
    receive(uploading, sent)
    with pytest.raises(UserError, match="does not wait"):
        receive(uploading, only(uploading))
    with pytest.raises(UserError, match="Somebody else worked"):
        receive(uploading, sent)


def test_after_the_fifth_working_day_it_is_late(uploading: Uploading) -> None:
    one = of(uploading)
    assert str(one.due) == "2026-12-07 24:00"
    assert not one.is_late(datetime(2026, 12, 7, 15, 59, tzinfo=UTC))
    assert one.is_late(datetime(2026, 12, 7, 16, 0, tzinfo=UTC))
    assert not replace(one, pages=0, open_days=0).is_late(datetime(2027, 1, 1, tzinfo=UTC))


def test_a_month_that_went_up_in_time_stays_in_time(uploading: Uploading) -> None:
    send(uploading, "3301", NOVEMBER)
    receive(uploading, only(uploading))
    assert not of(uploading).is_late(datetime(2027, 3, 1, tzinfo=UTC))


def test_the_index_tells_the_whole_package(uploading: Uploading) -> None:
    package = send(uploading, "3301", NOVEMBER)
    assert package is not None
    kept = uploading.vault.read_object(
        note_key(NoteKind.UPLOAD, package.index_sha256), package.index_sha256
    )
    index = INDEX.load_text(kept.decode())
    stored = set(uploading.headquarters.iter_keys(f"{index.name}/"))
    named = {one.path for one in index.pages} | written(index).keys()
    assert stored == {f"{index.name}/{path}" for path in named}


@pytest.mark.parametrize("text", ["2026-13", "2026", "0000-01", "26-10", "2026-10-01"])
def test_what_is_no_month_is_told(text: str) -> None:
    with pytest.raises(UserError, match="is no month"):
        Month.read(text)


def test_months_follow_each_other_over_the_year_s_end() -> None:
    december = Month.read("2026-12")
    assert (str(december.next), december.last.day, Month(2028, 2).last.day) == ("2027-01", 31, 29)


def test_at_the_command_line(
    uploading: Uploading, stores: Stores, headquarters: FolderStore, run: Run
) -> None:
    """Sent, looked at, received; what cannot be is one sentence."""
    month = ("--month", "2026-11")
    with (
        patch("flows.commands.upload.open_stores", lambda *_: nullcontext(stores)),
        patch("flows.commands.upload.open_headquarters", lambda *_: nullcontext(headquarters)),
    ):
        assert "3301/2026-11/01 is sent: 2 pages" in run("upload", *month, "--as", "li").output
        assert "has everything of 2026-11" in run("upload", *month, "--as", "li").output
        assert "Nothing of 2031-01 is in" in run("upload", "--month", "2031-01").output
        told = json.loads(run("upload", "status", *month, "--json").stdout)
        assert [(one["state"], one["sent"]) for one in told] == [("partial", 2)]
        received = run("upload", "receive", *month, "--as", "zhou")
        assert "is whole and accepted: 2 pages" in received.output
        assert "Nothing of 2026-11 waits" in run("upload", "receive", *month).output
    assert "完成" in run("upload", "status", *month, lang="zh").output
    assert "is no month" in str(run("upload", "status", "--month", "11").exception)
    assert "unknown" in str(run("upload", "status", *month, "--branch", "9").exception)


def test_who_may_once_the_register_is_in_force(
    uploading: Uploading, stores: Stores, headquarters: FolderStore, run: Run
) -> None:
    staff = uploading.parts.catalog.staff
    staff.add("周宁", Role.HEADQUARTERS, None, "周宁")
    staff.add("何静", Role.ARCHIVIST, "3301", "周宁")
    month = ("--month", "2026-11")
    with (
        patch("flows.commands.upload.open_stores", lambda *_: nullcontext(stores)),
        patch("flows.commands.upload.open_headquarters", lambda *_: nullcontext(headquarters)),
    ):
        assert isinstance(run("upload", *month, "--as", "周宁").exception, UserError)
        assert run("upload", *month, "--as", "何静").exit_code == 0
        assert isinstance(run("upload", "receive", *month, "--as", "何静").exception, UserError)
        assert run("upload", "receive", *month, "--as", "周宁").exit_code == 0

"""What the account system takes: its tasks and its index, by category, each line counted."""

import csv
import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest

from catalog.audit import Wanted as Entries
from catalog.reports.plain import disarmed
from catalog.task_lists import TaskLists
from flows.access import Guard
from flows.export_package import Making, make_package
from flows.exports import ExportDesk
from flows.parts import Parts
from flows.stores import Stores
from flows.system_lists import page_index, task_list
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed
from pipeline.errors import UserError
from pipeline.exports import Channel, Wanted, What
from pipeline.sandbox import Sandbox
from pipeline.staff import Role
from pipeline.system_list import TRAILER, Span
from tests.flows.archived_day import FIRST, SECOND

from .captured_day import ran
from .conftest import DAY, Silent

SPAN = Span(DAY, DAY)


def lines(content: bytes) -> list[dict[str, str]]:
    """The lines of a list, its trailers among them."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.requirement("CG-16.2b", "CG-17.1a")
def test_tasks_go_out_by_category_and_every_line_is_counted(
    archived: Parts, tmp_path: Path
) -> None:
    asked = (FIRST.serial_no, "TAX", "--branch", "3301", "--day", str(DAY))
    assert ran(archived, "task", "add", *asked, "--reason", "客户要求")[0] == 0
    archived.catalog.staff.add("总部", Role.HEADQUARTERS, None, "t")
    to = tmp_path / "tasks.csv"
    code, told = ran(
        archived,
        *("export", "tasks", "--from", "2026-11-01", "--to", "2026-11-30"),
        *("--branch", "3301", "--output", str(to), "--as", "总部"),
    )
    assert code == 0
    *rows, end = lines(to.read_bytes())
    known = archived.catalog.tasks.of_day(DAY, "3301")
    assert len(rows) == len(known) == 3
    assert {f"{one['serial_no']}/{one['document_type']}" for one in rows} == {t.name for t in known}
    done = [one for one in rows if one["captured"] == "1"]
    assert {one["serial_no"] for one in done} == {FIRST.serial_no, SECOND.serial_no}
    assert all(one["category_name"] and one["captured_at"] for one in done)
    assert list(end.values())[:4] == [TRAILER, "3301", str(len(rows)), str(len(done))]
    assert f"Capture tasks: {len(rows)} = {len(done)} captured" in " ".join(told.split())
    assert FIRST.customer_no not in to.read_text("utf-8-sig")
    (entry,) = archived.catalog.audit.find(Entries(act="report.export"))
    assert (entry.body["who"], entry.body["rows"]) == ("总部", len(rows))
    again = json.loads(task_list(archived, None, SPAN).as_json())
    assert sum(one["rows"] for one in again["categories"].values()) == len(again["rows"])
    assert again["trailers"] == [{"branch": "3301", "rows": len(rows), "captured": len(done)}]


def test_a_list_that_lacks_a_line_is_not_written(
    archived: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TaskLists, "count", lambda *_: 99)
    with pytest.raises(UserError, match="catalog counts 99"):
        ran(archived, "export", "tasks", "--to", str(DAY), "-o", str(tmp_path / "a.csv"))
    assert not list(tmp_path.glob("*.csv"))
    assert not archived.catalog.audit.find(Entries(act="report.export"))


@pytest.mark.requirement("CG-19a")
def test_tasks_are_for_those_who_take_reports_out(archived: Parts, tmp_path: Path) -> None:
    for name, role in (("总部", Role.HEADQUARTERS), ("王芳", Role.OPERATOR)):
        branch = "3301" if role is Role.OPERATOR else None
        archived.catalog.staff.add(name, role, branch, "总部")
    asked = ("export", "tasks", "--to", str(DAY), "--as", "王芳", "--output")
    with pytest.raises(NotAllowed):
        ran(archived, *asked, str(tmp_path / "a.csv"))
    with pytest.raises(UserError, match="neither"):
        ran(archived, *asked, str(tmp_path / "a.txt"))
    assert list(tmp_path.glob("a.*")) == []


@pytest.mark.requirement("B1-01", "CG-17.1a")
def test_the_index_leaves_encrypted_under_approval_alone(
    archived: Parts, stores: Stores, opener: Sandbox, tmp_path: Path
) -> None:
    key, now = pyrage.x25519.Identity.generate(), datetime.now(UTC)
    desk = ExportDesk(Guard.at_word(archived, "何静"))
    wanted = Wanted(
        branch="3301",
        what=What.INDEX,
        names=("2026-11-01..2026-11-30",),
        purpose="账户系统影像索引",
        recipient="账户系统",
        package_by=Channel.PORTAL,
        key_by=Channel.PHONE,
        age_key=str(key.to_public()),
    )
    no = desk.ask(wanted, now).no
    making = Making(desk, stores.vault, opener, Silent(), now)
    with pytest.raises(UserError, match="waits for a decision"):
        make_package(making, no)
    ExportDesk(Guard.at_word(archived, "郑规")).approve(no, "", now)
    made = make_package(making, no)
    listed, counts = page_index(archived, "3301", SPAN)
    assert (made.transactions, made.pages) == (2, counts.pages)
    assert counts.deliveries == counts.pages + counts.again + counts.destroyed
    assert counts.again == 1
    content = pyrage.decrypt(made.path.read_bytes(), [key])
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        tar.extractall(tmp_path / "open", filter="data")
    [bag] = (tmp_path / "open").iterdir()
    *rows, end = lines((bag / "data/index.csv").read_bytes())
    assert [one["customer_no"] for one in rows] == sorted(one["customer_no"] for one in rows)
    of = {one["serial_no"]: one for one in rows}
    assert of[FIRST.serial_no]["customer_no"] == FIRST.customer_no
    assert (of[FIRST.serial_no]["page_no"], of[FIRST.serial_no]["page_count"]) == ("1", "1")
    assert of[FIRST.serial_no]["category"]
    assert stores.vault.read(of[FIRST.serial_no]["sha256"])
    total = sum(int(one["bytes"]) for one in rows)
    assert list(end.values())[:4] == [TRAILER, "3301", str(counts.pages), str(total)]
    assert (bag / "data/index.csv").read_bytes() == listed.as_csv(disarmed)
    assert any(
        one.act is Act.EXPORT_MAKE
        for one in archived.catalog.viewings.of_customer(FIRST.customer_no)
    )


def test_days_that_are_none_are_refused_when_they_are_asked_for() -> None:
    assert Span.read("2026-11-19") == SPAN
    for text in ("2026-11", "2026-11-30..2026-11-01", "", "11..12"):
        with pytest.raises(UserError):
            Span.read(text)

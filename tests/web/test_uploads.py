from datetime import UTC, datetime

from flows.monthly import Uploading, receive, send
from flows.parts import Parts
from flows.stores import Stores
from pipeline.monthly import Month
from pipeline.staff import Role
from storage.folder import FolderStore
from tests.flows.conftest import Silent
from tests.web.conftest import Clock, Visitor

NOVEMBER = {"month": "2026-11"}


def test_a_month_goes_from_not_started_to_accepted(
    captured: Parts, stores: Stores, visitor: Visitor, clock: Clock
) -> None:
    clock.at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    client = visitor("总部乙", Role.HEADQUARTERS)
    assert ">未开始" in client.get("/uploads").text, "the month before this one"
    headquarters = FolderStore(captured.workspace.folder / "headquarters")
    headquarters.ensure_folder()
    uploading = Uploading(captured, stores.vault, headquarters, "zhao", Silent())
    package = send(uploading, "3301", Month(2026, 11))
    assert package is not None
    assert "待总部接收" in client.get("/uploads", params=NOVEMBER).text
    (sent,) = captured.catalog.monthly.packages(Month(2026, 11))
    receive(uploading, sent)
    shown = client.get("/uploads", params=NOVEMBER).text
    assert "100 %" in shown and package.index_sha256 in shown


def test_what_is_not_complete_after_its_deadline_is_late(
    captured: Parts, visitor: Visitor, clock: Clock
) -> None:
    clock.at = datetime(2026, 12, 8, 9, tzinfo=UTC)
    assert '<strong class="bad">逾期' in visitor("总部乙", Role.HEADQUARTERS).get("/uploads").text


def test_other_branches_are_not_shown(captured: Parts, visitor: Visitor) -> None:
    archivist = visitor("赵档案", Role.ARCHIVIST, "3302")
    assert "3301" not in archivist.get("/uploads", params=NOVEMBER).text
    assert visitor("王芳", Role.OPERATOR, "3301").get("/uploads").status_code == 403
    assert archivist.get("/uploads", params={"month": "2026-13"}).status_code == 404

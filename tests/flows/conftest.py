"""A workspace with its catalog, stores in folders, and small voucher scans."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.cli import app
from flows.close_day import Closing
from flows.parts import Parts
from flows.reading_pool import ReadingPool
from flows.register import BatchedRegister
from flows.settings import Settings
from flows.stores import Stores
from flows.workspace import Workspace
from pipeline.language import Message
from pipeline.model import Batch, Transaction
from pipeline.sandbox import Sandbox
from pipeline.sheet_print import SheetText, draw_sheet
from pipeline.sheets import OwnSheet
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import UNDERLINED
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan, scan_blank
from pipeline.specimens.vouchers import print_voucher
from storage.folder import FolderStore
from storage.vault import Vault
from storage.volumes import ColdShelf
from tests.databases import Databases

DAY = date(2026, 11, 19)


def booked(number: int, **values: Any) -> Transaction:
    """A counter transaction of the day, with ``values`` instead of its own."""
    plain = Transaction(
        business_date=DAY,
        serial_no=f"202611193301{number:06d}",
        handling_branch="3301",
        occur_at=datetime.fromisoformat("2026-11-19T09:30:00+08:00"),
        owner_branch="3301",
        customer_no=f"94093501{number:02d}",
        customer_name="余玲",
        id_type="居民身份证",
        id_no="46727051728724908X",
        business_code="B601",
        business_name="资金取出",
        channel="counter",
        teller_no="10009",
        fund_account=f"76079419{number:02d}",
        amount=Decimal("54030.33"),
        currency="CNY",
        voucher_count=1,
    )
    return replace(plain, **values)


@pytest.fixture
def batch() -> Batch:
    return Batch("3301", DAY, "station-1", "wang", "batch-01")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "工作区 1")
    made.create()
    return made


@pytest.fixture
def catalog_address(
    workspace: Workspace,
    databases: Databases,
    on_postgresql: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Where the workspace's catalog is; programs that a test starts know it too."""
    made = databases.new(at=workspace.folder / "catalog.sqlite")
    if not on_postgresql:
        return Settings().catalog
    monkeypatch.setenv("PAPERPROOF_CATALOG", made)
    return made


@pytest.fixture
def parts(workspace: Workspace, catalog_address: str) -> Iterator[Parts]:
    quick: Any = {"quiet_seconds": 0}
    settings = Settings(inbox=quick, least_free_mb=0, catalog=catalog_address)
    catalog = Catalog.open(workspace.catalog_url(settings))
    yield Parts(workspace, settings, catalog)
    catalog.close()


@pytest.fixture
def register(parts: Parts) -> BatchedRegister:
    return BatchedRegister(parts.catalog.copies)


@pytest.fixture
def stores(workspace: Workspace, register: BatchedRegister) -> Stores:
    """Primary and replica in folders, which pass the same contract as the S3 store, and cold volumes."""
    primary, replica = (FolderStore(workspace.folder / n) for n in ("p", "r"))
    for store in (primary, replica):
        store.ensure_folder()
    cold = ColdShelf(workspace.folder / "cold")
    cold.prepare()
    return Stores(Vault(primary, replica, register=register), cold)


@pytest.fixture(scope="session")
def opener() -> Iterator[Sandbox]:
    with ExitStack() as stack:
        yield stack.enter_context(Sandbox())


@pytest.fixture
def intake(parts: Parts, stores: Stores, opener: Sandbox) -> Intake:
    return Intake(parts, stores, opener, readers=None)


@pytest.fixture
def closing(parts: Parts, stores: Stores, opener: Sandbox) -> Closing:
    def never() -> ReadingPool:
        raise AssertionError("nothing was to be read")

    return Closing(parts, stores, never, parts.calendar, "tester", opener)


@pytest.fixture
def archived(parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch) -> Parts:
    """Two vouchers of two customers, matched, packed, their papers in store."""
    from tests.flows.archived_day import archive  # it makes use of this module

    return archive(parts, intake, closing, scans, batch)


Run = Callable[..., Result]


@pytest.fixture
def run(parts: Parts) -> Run:
    """Run the program on the workspace, in English unless told otherwise."""

    def call(*arguments: str, lang: str = "en") -> Result:
        at = ("--workspace", str(parts.workspace.folder), "--lang", lang)
        return CliRunner().invoke(app, [*at, *arguments])

    return call


class Silent:
    """Progress that nobody watches, but that is counted."""

    def __init__(self) -> None:
        self.wanted = self.done = 0

    def total(self, count: int) -> None:
        self.wanted += count

    def step(self, note: Message) -> None:
        self.done += 1


@pytest.fixture
def progress() -> Silent:
    return Silent()


@pytest.fixture(scope="session")
def voucher() -> Callable[[int], bytes]:
    """Makes the scan of an invented voucher: number -> JPEG bytes, 200 dpi."""
    font = find_font()

    @cache
    def make(number: int) -> bytes:
        rng = np.random.default_rng(number)
        serial = f"202611193301{number:06d}"
        booked = invent_transaction(rng, day=DAY, branch="3301", serial_no=serial)
        drawn = draw_voucher(
            UNDERLINED, print_voucher(booked, rng), rng, font=font, codes=("qr",), dpi=200
        )
        return scan(drawn.pixels, Level.EASY, rng, skew_degrees=0.3, dpi=200)

    return make


@pytest.fixture(scope="session")
def blank() -> bytes:
    return scan_blank((1654, 2339), np.random.default_rng(0), dpi=200)


@pytest.fixture(scope="session")
def sheet_scan() -> Callable[[OwnSheet], bytes]:
    """Makes the scan of one of our own sheets: JPEG bytes, 200 dpi, askew."""

    @cache
    def make(sheet: OwnSheet) -> bytes:
        text = SheetText(sheet.title, (), ())
        drawn = draw_sheet(sheet, text, "zh", dpi=200)
        rng = np.random.default_rng(0)
        return scan(drawn, Level.MEDIUM, rng, skew_degrees=-5, dpi=200)

    return make


@pytest.fixture
def scans(tmp_path: Path, voucher: Callable[[int], bytes], blank: bytes) -> Path:
    """Two vouchers, the first once more under another name, a blank page and a broken file."""
    folder = tmp_path / "扫描"
    folder.mkdir()
    (folder / "0001.jpg").write_bytes(voucher(1))
    (folder / "0002.jpg").write_bytes(voucher(2))
    (folder / "0003 再次.jpg").write_bytes(voucher(1))
    (folder / "0004.jpg").write_bytes(blank)
    (folder / "0005.jpg").write_bytes(voucher(5)[:20_000])
    return folder

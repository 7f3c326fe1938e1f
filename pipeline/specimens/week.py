"""A week of several branches as it really comes: papers of several kinds for one business, identity copies
that two businesses share, reversals, online rows, papers that come a day late, strayed and lost ones.

What each day must come to is the truth that is kept beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.calendar import DayKind, TradingCalendar
from pipeline.model import Transaction
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import RULED, SLIP, UNDERLINED, Form
from pipeline.specimens.identity_copy import IdentityCard, draw_identity_copy
from pipeline.specimens.marks import CODE128, QR
from pipeline.specimens.people import PERSON_ID, invent_transaction, person_id, person_name
from pipeline.specimens.scanner import scan, skew_for
from pipeline.specimens.stream import write_stream
from pipeline.specimens.vouchers import print_voucher
from pipeline.specimens.week_truth import BranchDayTruth, DueTruth, Outcome, ScanTruth

ID_COPY = "ID_COPY"
_FORMS: dict[str, Form] = {
    "CASH_SLIP": UNDERLINED,
    "DESIG": RULED,
    "FUND_APP": RULED,
    "RECEIPT": SLIP,
}
_CODES = {UNDERLINED.name: QR, RULED.name: CODE128, SLIP.name: QR}


@dataclass(frozen=True)
class _Paper:
    """A paper before it is drawn; ``late``: scanned on the next trading day."""

    document_type: str
    of: Transaction
    late: bool = False
    strayed: str | None = None


@dataclass
class _Plan:
    """A branch and day while it is made up."""

    day: date
    branch: str
    rng: np.random.Generator
    rows: list[Transaction] = field(default_factory=list)
    due: list[DueTruth] = field(default_factory=list)
    papers: list[_Paper] = field(default_factory=list)

    def book(self, business: str, name: str, **values: Any) -> Transaction:
        """Make up one transaction of a business."""
        serial_no = f"{self.day:%Y%m%d}{self.branch}{100_001 + 7 * len(self.rows):06d}"
        made = invent_transaction(self.rng, day=self.day, branch=self.branch, serial_no=serial_no)
        made = replace(
            made,
            customer_name=person_name(self.rng),
            id_type=PERSON_ID,
            id_no=person_id(self.rng),
            business_code=business,
            business_name=name,
            voucher_count=None,
        )
        self.rows.append(replace(made, **values))
        return self.rows[-1]

    def owe(self, row: Transaction, outcome: Outcome, *types: str) -> None:
        """Note what a transaction asks for, and make the papers that are there."""
        for one in types:
            self.due.append(DueTruth(row.serial_no, one, outcome))
        if outcome in (Outcome.CAPTURED, Outcome.LATE):
            papers = (ID_COPY,) if types == ("ID_F", "ID_B") else types
            self.papers += [_Paper(one, row, outcome is Outcome.LATE) for one in papers]


def make_firm_week(
    folder: Path,
    *,
    seed: int,
    branches: Sequence[str],
    days: Sequence[date],
    slips: int = 3,
    font: Path | None = None,
    dpi: int = 300,
    drawn: Callable[[int, int], None] = lambda *_: None,
) -> tuple[BranchDayTruth, ...]:
    """Make the ``days`` of several branches; equal arguments make equal bytes.

    Each branch and day has ``slips`` plain cash slips beside the special cases. Writes stream-<day>.csv
    (all branches), scans/<day>/<branch>/<type>/0001.jpg (one batch a document type), late/... for
    what is scanned a day late, and truth.json. ``drawn`` is told after each branch and day.
    """
    chosen = font or find_font()
    truths: list[BranchDayTruth] = []
    for day in days:
        of_day = []
        for branch in branches:
            plan = _planned(seed, day, branch, slips)
            plan.papers += _strayed(plan, seed, branches, days, slips)
            of_day.append(_drawn(plan, folder, chosen, dpi))
            drawn(len(truths) + len(of_day), len(days) * len(branches))
        write_stream(folder / f"stream-{day.isoformat()}.csv", of_day)
        truths += of_day
    told = [asdict(truth) for truth in truths]
    text = json.dumps(told, ensure_ascii=False, indent=1, default=str)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
    return tuple(truths)


def trading_days(calendar: TradingCalendar, first: date, count: int) -> tuple[date, ...]:
    """Give ``count`` trading days, ``first`` among them when it is one."""
    days = [first] if calendar.is_trading_day(first) else []
    while len(days) < count:
        days.append(calendar.nth_after(days[-1] if days else first, 1, DayKind.TRADING).date)
    return tuple(days)


def _planned(seed: int, day: date, branch: str, slips: int) -> _Plan:
    rng = np.random.default_rng(np.random.SeedSequence([seed, day.toordinal(), *branch.encode()]))
    plan = _Plan(day, branch, rng)
    for _ in range(slips):
        plan.owe(plan.book("B601", "资金存入"), Outcome.CAPTURED, "CASH_SLIP")
    plan.owe(plan.book("B601", "资金取出"), Outcome.LATE, "CASH_SLIP")
    plan.owe(plan.book("B601", "内部划转"), Outcome.MISSING, "CASH_SLIP")
    _reversed(plan)
    _two_businesses(plan)
    online = plan.book("B503", "产品赎回", channel="online_hall")
    plan.owe(online, Outcome.ELECTRONIC, "PROD_APP", "RECEIPT")
    return plan


def _reversed(plan: _Plan) -> None:
    """A transaction and its reversal: both vouchers are due."""
    first = plan.book("B601", "资金存入")
    again = plan.book(
        "B601",
        "资金存入",
        customer_no=first.customer_no,
        customer_name=first.customer_name,
        id_no=first.id_no,
        fund_account=first.fund_account,
        amount=-(first.amount or Decimal(0)),
        reverse_of=f"{first.business_date.isoformat()} {first.serial_no}",
    )
    plan.owe(first, Outcome.CAPTURED, "CASH_SLIP")
    plan.owe(again, Outcome.CAPTURED, "CASH_SLIP")


def _two_businesses(plan: _Plan) -> None:
    """Two businesses of one customer, whose identity card is copied once."""
    first = plan.book("B402", "指定交易")
    second = plan.book(
        "B501",
        "基金账户登记",
        customer_no=first.customer_no,
        customer_name=first.customer_name,
        id_no=first.id_no,
        fund_account=first.fund_account,
    )
    plan.owe(first, Outcome.CAPTURED, "DESIG", "RECEIPT")
    plan.owe(first, Outcome.CAPTURED, "ID_F", "ID_B")
    plan.owe(second, Outcome.CAPTURED, "FUND_APP", "RECEIPT")
    plan.owe(second, Outcome.SHARED, "ID_F", "ID_B")


def _strayed(
    plan: _Plan, seed: int, branches: Sequence[str], days: Sequence[date], slips: int
) -> Iterator[_Paper]:
    """The paper that another branch lacks today, and the one that this branch lacked the day before."""
    others = [one for one in branches if one != plan.branch]
    if others:
        yield _Paper(
            "CASH_SLIP",
            _lacking(_planned(seed, plan.day, others[0], slips)),
            strayed="other_branch",
        )
    earlier = [day for day in days if day < plan.day]
    if earlier:
        before = _planned(seed, max(earlier), plan.branch, slips)
        yield _Paper("CASH_SLIP", _lacking(before), strayed="other_day")


def _lacking(plan: _Plan) -> Transaction:
    serial = next(due.serial_no for due in plan.due if due.outcome is Outcome.MISSING)
    return next(row for row in plan.rows if row.serial_no == serial)


def _drawn(plan: _Plan, folder: Path, font: Path, dpi: int) -> BranchDayTruth:
    scans = []
    numbers: dict[str, int] = {}
    for paper in plan.papers:
        root = "late" if paper.late else "scans"
        place = f"{root}/{plan.day.isoformat()}/{plan.branch}/{paper.document_type}"
        numbers[place] = numbers.get(place, 0) + 1
        path = f"{place}/{numbers[place]:04d}.jpg"
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(_scanned(paper, plan.rng, font, dpi))
        scans.append(
            ScanTruth(
                path,
                paper.document_type,
                None if paper.strayed else paper.of.serial_no,
                paper.strayed,
            )
        )
    rows = sorted(plan.rows, key=lambda row: (row.occur_at, row.serial_no))
    return BranchDayTruth(plan.day, plan.branch, tuple(rows), tuple(plan.due), tuple(scans))


def _scanned(paper: _Paper, rng: np.random.Generator, font: Path, dpi: int) -> bytes:
    level = Level.EASY
    if paper.document_type == ID_COPY:
        issued = paper.of.business_date - timedelta(days=int(rng.integers(100, 3000)))
        card = IdentityCard(
            paper.of.customer_name,
            paper.of.id_no,
            "望川市望江路88号",
            issued,
            issued.replace(year=issued.year + 20, day=min(issued.day, 28)),
        )
        page = draw_identity_copy(card, rng, font=font, dpi=dpi)
    else:
        form = _FORMS[paper.document_type]
        page = draw_voucher(
            form,
            print_voucher(paper.of, rng),
            rng,
            font=font,
            level=level,
            codes=(_CODES[form.name],),
            dpi=dpi,
            stamped=True,
        ).pixels
    return scan(page, level, rng, skew_degrees=skew_for(level, rng), dpi=dpi)

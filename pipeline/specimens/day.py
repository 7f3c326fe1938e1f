"""A whole branch day: its scans, its stream file, and the truth of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Pixels, Transaction
from pipeline.sheet_print import SheetText, draw_sheet
from pipeline.sheets import Cover, OwnSheet, Separator, cover_of
from pipeline.specimens.cases import Case, DayCases, DayTruth, Level, VoucherTruth
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import FORMS, Form
from pipeline.specimens.marks import CODE128, QR
from pipeline.specimens.people import invent_transaction, with_other_amount, with_other_name
from pipeline.specimens.scanner import damage, scan, scan_blank, skew_for
from pipeline.specimens.sheet import A4
from pipeline.specimens.stream import write_stream
from pipeline.specimens.vouchers import print_voucher

Progress = Callable[[int, int], None]
"""Told after each voucher: how many are done, of how many."""

_Card = TypeVar("_Card")
_BATCH = "batch-01"
_LEVELS = (Level.EASY,) * 6 + (Level.MEDIUM,) * 8 + (Level.HARD,) * 6
_CODES: tuple[tuple[str, ...], ...] = (
    *((),) * 5,
    *((CODE128,),) * 6,
    *((QR,),) * 6,
    *((CODE128, QR),) * 3,
)


@dataclass(frozen=True)
class _Order:
    """What the caller asked for, whatever the branch."""

    folder: Path
    seed: int
    pages: int
    day: date
    cases: DayCases | None
    font: Path
    dpi: int
    progress: Progress | None
    sheets: bool = False


@dataclass(frozen=True)
class _Planned:
    """A voucher before it is drawn."""

    case: Case
    paper: Transaction
    booked: Transaction | None
    form: Form
    level: Level
    codes: tuple[str, ...]


@dataclass(frozen=True)
class _Batch:
    """A folder of scans being filled."""

    folder: Path
    names: list[str] = field(default_factory=list)

    def add(self, content: bytes) -> str:
        name = f"{len(self.names) + 1:04d}.jpg"
        (self.folder / name).write_bytes(content)
        self.names.append(name)
        return name


def make_branch_day(
    folder: Path,
    *,
    seed: int,
    pages: int,
    branch: str,
    day: date,
    cases: DayCases | None = None,
    font: Path | None = None,
    dpi: int = 300,
    progress: Progress | None = None,
    sheets: bool = False,
) -> DayTruth:
    """Make ``pages`` scans of a branch day in ``folder``; equal arguments make equal bytes.

    Writes scans/<branch>/batch-01/0001.jpg and on, stream.csv (UTF-8, trailer with count and sum)
    and truth.json. ``cases`` says what is planted, by default ``DayCases.in_proportion``. A lower
    ``dpi`` makes small pages for quick tests. With ``sheets`` a cover stands first and a separator behind
    every voucher, beyond ``pages``. Raises UserError when the cases do not fit the pages,
    the typeface is missing, or the scans' folder holds files that are not of this day.
    """
    order = _Order(folder, seed, pages, day, cases, font or find_font(), dpi, progress, sheets)
    truth = _make_scans(order, branch)
    write_stream(folder / "stream.csv", [truth])
    _write_truth(folder / "truth.json", truth)
    return truth


def make_firm_day(
    folder: Path,
    *,
    seed: int,
    pages: int,
    branches: Sequence[str],
    day: date,
    cases: DayCases | None = None,
    font: Path | None = None,
    dpi: int = 300,
    progress: Progress | None = None,
) -> tuple[DayTruth, ...]:
    """Make the same day for several branches, ``pages`` scans each, with one stream.csv for all.

    The truth of each branch stands in truth-<branch>.json; the rest is as make_branch_day does it.
    """
    order = _Order(folder, seed, pages, day, cases, font or find_font(), dpi, progress)
    truths = tuple(_make_scans(order, branch) for branch in branches)
    write_stream(folder / "stream.csv", truths)
    for truth in truths:
        _write_truth(folder / f"truth-{truth.branch}.json", truth)
    return truths


def _make_scans(order: _Order, branch: str) -> DayTruth:
    wanted = (order.cases or DayCases.in_proportion(order.pages)).vouchers(order.pages)
    most = 2 * order.pages + 1 if order.sheets else order.pages
    batch = _Batch(_room_for(most, order.folder / "scans" / branch / _BATCH))
    root = np.random.SeedSequence([order.seed, order.day.toordinal(), *branch.encode()])
    planner, *artists = (np.random.default_rng(s) for s in root.spawn(len(wanted) + 1))
    vouchers: list[VoucherTruth] = []
    separator = None
    if order.sheets:
        separator = _drawn_sheet(Separator(), order)
        batch.add(
            _scanned_sheet(_drawn_sheet(_cover(order, branch, wanted), order), order, planner)
        )
    for planned, rng in zip(_plan(wanted, order.day, branch, planner), artists, strict=True):
        vouchers.append(_make_voucher(planned, batch, rng, order.font, order.dpi))
        if separator is not None and vouchers[-1].scans:
            batch.add(_scanned_sheet(separator, order, rng))
        if order.progress is not None:
            order.progress(len(vouchers), len(wanted))
    return DayTruth(order.day, branch, tuple(vouchers))


def _cover(order: _Order, branch: str, cases: Sequence[Case]) -> Cover:
    """The cover of what there is of paper: a page scanned twice is one."""
    papers = sum(case not in (Case.BLANK, Case.MISSING_IMAGE) for case in cases)
    return cover_of(branch, order.day, _BATCH, vouchers=papers, pages=papers)


def _drawn_sheet(sheet: OwnSheet, order: _Order) -> Pixels:
    text = SheetText(sheet.title, (), ())
    return draw_sheet(sheet, text, "zh", dpi=order.dpi, font=order.font)


def _scanned_sheet(page: Pixels, order: _Order, rng: np.random.Generator) -> bytes:
    return scan(page, Level.MEDIUM, rng, skew_degrees=skew_for(Level.MEDIUM, rng), dpi=order.dpi)


def _room_for(pages: int, batch: Path) -> Path:
    """Make the batch's folder; only scans that this day will write anew may stand there."""
    batch.mkdir(parents=True, exist_ok=True)
    ours = {f"{number:04d}.jpg" for number in range(1, pages + 1)}
    foreign = sorted(path.name for path in batch.iterdir() if path.name not in ours)
    if foreign:
        raise UserError(
            say(
                "The folder {folder} holds {name}, which is not of this day; name an empty folder.",
                folder=batch,
                name=foreign[0],
            )
        )
    return batch


def _plan(cases: list[Case], day: date, branch: str, rng: np.random.Generator) -> list[_Planned]:
    count = len(cases)
    numbers = rng.choice(900_000, size=count, replace=False) + 100_000
    forms, levels, codes = (
        _deal(rng, FORMS, count),
        _deal(rng, _LEVELS, count),
        _deal(rng, _CODES, count),
    )
    planned = []
    for place, turn in enumerate(rng.permutation(count)):
        case = cases[turn]
        # Half of the surplus pages are of this day, half strayed in from an earlier one.
        strayed = case is Case.SURPLUS_IMAGE and rng.random() < 0.5
        on = day - timedelta(days=int(rng.integers(1, 400))) if strayed else day
        serial_no = f"{on:%Y%m%d}{branch}{numbers[place]}"
        paper = invent_transaction(rng, day=on, branch=branch, serial_no=serial_no)
        booked = _as_booked(case, paper, rng)
        planned.append(_Planned(case, paper, booked, forms[place], levels[place], codes[place]))
    return planned


def _as_booked(case: Case, paper: Transaction, rng: np.random.Generator) -> Transaction | None:
    """Return the stream's row for a paper, with the difference that the case plants."""
    if case in (Case.SURPLUS_IMAGE, Case.BLANK):
        return None
    if case is Case.AMOUNT_DIFFERS:
        return with_other_amount(paper, rng)
    if case is Case.NAME_DIFFERS:
        return with_other_name(paper, rng)
    return paper


def _deal(rng: np.random.Generator, deck: Sequence[_Card], count: int) -> list[_Card]:
    """Deal ``count`` cards from shuffled decks, so that small days too hold something of each."""
    decks = (rng.permutation(len(deck)) for _ in range(count // len(deck) + 1))
    return [deck[card] for shuffled in decks for card in shuffled][:count]


def _make_voucher(
    planned: _Planned, batch: _Batch, rng: np.random.Generator, font: Path, dpi: int
) -> VoucherTruth:
    printed = print_voucher(planned.paper, rng)
    if planned.case is Case.BLANK:
        name = batch.add(scan_blank(A4.pixels(dpi), rng, dpi=dpi))
        return VoucherTruth(Case.BLANK, {}, None, None, scans=(name,), skew_degrees=(0.0,))
    if planned.case is Case.MISSING_IMAGE:
        return VoucherTruth(planned.case, printed.values, planned.paper, planned.booked)
    page = draw_voucher(
        planned.form, printed, rng, font=font, level=planned.level, codes=planned.codes, dpi=dpi
    )
    skews = [_skew(planned, rng) for _ in range(2 if planned.case is Case.SCANNED_TWICE else 1)]
    scan_dpi = dpi // 2 if planned.case is Case.LOW_DPI else dpi
    scans = [
        scan(page.pixels, planned.level, rng, skew_degrees=skew, dpi=scan_dpi, page_dpi=dpi)
        for skew in skews
    ]
    if planned.case is Case.DAMAGED:
        scans = [damage(content, rng) for content in scans]
    return VoucherTruth(
        case=planned.case,
        printed=printed.values,
        paper=planned.paper,
        booked=planned.booked,
        form=planned.form.name,
        level=planned.level,
        codes=planned.codes,
        scans=tuple(batch.add(content) for content in scans),
        skew_degrees=tuple(skews),
    )


def _skew(planned: _Planned, rng: np.random.Generator) -> float:
    if planned.case is not Case.CROOKED:
        return skew_for(planned.level, rng)
    # Well above the 3 degrees at which Q07 rejects.
    return round(float(rng.choice((-1, 1)) * rng.uniform(4.2, 6.5)), 3)


def _write_truth(path: Path, truth: DayTruth) -> None:
    path.write_text(
        json.dumps(truth.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )

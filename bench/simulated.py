"""A simulated stream and the readings of its pages, with the truth: seeded, of any size, nobody real.

Branch days of about 2,000 transactions. Customers have one to four businesses a visit, booked one after the
other, so that serial numbers and customers come near; a third of the amounts are round; business without an
amount is a third of all. Pages are missing, surplus and scanned twice; values are misread and unread.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.model import FieldName
from pipeline.specimens.people import company_name, digits, invent_amount, person_name

_BRANCH_DAY = 2_000
_MISSING, _SURPLUS, _TWICE, _BOOKED_OTHERWISE = 0.005, 0.005, 0.005, 0.003
_CODED = 0.3
"""Share of pages whose serial number a barcode carries too: never misread."""
_ROUND = ("1000.00", "5000.00", "10000.00", "20000.00", "50000.00", "100000.00", "200000.00")
_BUSINESSES = {
    "资金取出": True,
    "资金存入": True,
    "内部划转": True,
    "产品申购": True,
    "产品赎回": True,
    "转托管": True,
    "授信额度变更": True,
    "三方存管签约": False,
    "客户资料变更": False,
    "证券账户加挂": False,
    "创业板权限开通": False,
    "港股通权限开通": False,
    "开立资金账户": False,
    "撤销指定交易": False,
}
"""Kinds of business, and whether they have an amount."""
_LIKE = {
    "0": "O8D6",
    "1": "7lI4",
    "2": "Z7",
    "3": "8B5",
    "4": "19",
    "5": "S63",
    "6": "5G80",
    "7": "12",
    "8": "3B60",
    "9": "40g",
}
"""What the simulated reader takes a digit for; the engine's own table is another."""

COLUMNS = tuple(FieldName)
_Any = TypeVar("_Any")


@dataclass(frozen=True)
class Noise:
    """How the simulated reader errs, a share of all values."""

    wrong: float = 0.003
    """Misread values: the reading benchmark's figure for known forms is 0.3 % (decision 0006)."""
    unread: float = 0.015
    bad_pages: float = 0.008
    """Pages on which half the values are unread and one in twenty misread: faint ribbon, creases."""

    def times(self, factor: float) -> Noise:
        """Return so many times the noise."""
        return Noise(*(factor * one for one in (self.wrong, self.unread, self.bad_pages)))


@dataclass(frozen=True)
class Row:
    """A booked transaction, or the paper of one."""

    number: int
    branch: str
    day: date
    values: tuple[str, ...]
    """In the order of ``FieldName``; "" where there is none."""


@dataclass(frozen=True)
class ReadRow:
    """A reading and the number of the transaction to which its paper belongs; -1: it is not booked."""

    branch: str
    day: date
    values: tuple[str, ...]
    coded: bool
    truth: int


def write_stream(folder: Path, size: int, noise: Noise, seed: int) -> None:
    """Write ``transactions.csv`` and ``pages.csv`` of ``size`` transactions, each in an order of its own."""
    rng = np.random.default_rng([seed, size])
    booked: list[Row] = []
    pages: list[ReadRow] = []
    for part, (branch, day) in enumerate(_branch_days(-(-size // _BRANCH_DAY))):
        count = min(_BRANCH_DAY, size - part * _BRANCH_DAY)
        rows = list(_transactions(rng, branch, day, count, len(booked)))
        booked += rows
        pages += _pages(rng, rows, noise)
    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / "transactions.csv",
        ("number", "branch", "day", *COLUMNS),
        ((row.number, row.branch, row.day, *row.values) for row in _shuffled(rng, booked)),
    )
    _write(
        folder / "pages.csv",
        ("number", "branch", "day", *COLUMNS, "coded", "truth"),
        (
            (number, page.branch, page.day, *page.values, int(page.coded), page.truth)
            for number, page in enumerate(_shuffled(rng, pages))
        ),
    )


def _branch_days(count: int) -> Iterator[tuple[str, date]]:
    for part in range(count):
        yield f"{3301 + part // 5}", date(2026, 11, 16) + timedelta(days=part % 5)


def _shuffled(rng: np.random.Generator, rows: Sequence[_Any]) -> Iterator[_Any]:
    return (rows[place] for place in rng.permutation(len(rows)))


def _write(path: Path, header: Sequence[str], rows: Iterator[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


# ---------------------------------------------------------------- what is booked


def _transactions(
    rng: np.random.Generator, branch: str, day: date, count: int, first: int
) -> Iterator[Row]:
    given = 0
    customer: tuple[str, str, str] = ("", "", "")
    while given < count:
        customer = _customer(rng, customer)
        amount = ""
        for _ in range(min(count - given, _businesses_of_a_visit(rng))):
            values = _values(rng, branch, day, given + 1, customer, amount)
            amount = values[COLUMNS.index(FieldName.AMOUNT)]
            yield Row(first + given, branch, day, values)
            given += 1


def _businesses_of_a_visit(rng: np.random.Generator) -> int:
    return 1 + int(np.searchsorted((0.6, 0.85, 0.95), rng.random()))


def _customer(rng: np.random.Generator, before: tuple[str, str, str]) -> tuple[str, str, str]:
    """Invent a customer: number, account, name; one in a hundred comes near the one before."""
    if before[0] and rng.random() < 0.01:
        return _one_digit_off(rng, before[0]), _one_digit_off(rng, before[1]), person_name(rng)
    name = company_name(rng) if rng.random() < 0.2 else person_name(rng)
    return digits(rng, int(rng.integers(10, 13))), digits(rng, int(rng.integers(10, 15))), name


def _values(
    rng: np.random.Generator,
    branch: str,
    day: date,
    sequence: int,
    customer: tuple[str, str, str],
    before: str,
) -> tuple[str, ...]:
    business = _NAMES[int(np.searchsorted(_SHARES, rng.random()))]
    number, account, name = customer
    values = {
        FieldName.SERIAL_NO: f"{day:%Y%m%d}{branch}{sequence:06d}",
        FieldName.CUSTOMER_NO: number,
        FieldName.FUND_ACCOUNT: account,
        FieldName.CUSTOMER_NAME: name,
        FieldName.BUSINESS_NAME: business,
        FieldName.AMOUNT: _amount(rng, before) if _BUSINESSES[business] else "",
        FieldName.BUSINESS_DATE: day.isoformat(),
    }
    return tuple(values[name] for name in COLUMNS)


_NAMES = tuple(_BUSINESSES)
_SHARES = np.cumsum([8, 8, 4, 4, 4, 3, 2, 4, 4, 3, 2, 2, 2, 1]) / 51


def _amount(rng: np.random.Generator, before: str) -> str:
    """Invent an amount: round, as the business before, a digit off it, or any."""
    chance = rng.random()
    if chance < 0.33:
        return str(rng.choice(_ROUND))
    if before and chance < 0.40:
        return before
    if before and chance < 0.43:
        return _one_digit_off(rng, before)
    return f"{invent_amount(rng):.2f}"


def _one_digit_off(rng: np.random.Generator, text: str) -> str:
    place = int(rng.choice([n for n, sign in enumerate(text) if n and sign.isdigit()]))
    other = "0123456789".replace(text[place], "")[int(rng.integers(9))]
    return text[:place] + other + text[place + 1 :]


# ---------------------------------------------------------------- what is scanned and read


def _pages(rng: np.random.Generator, rows: Sequence[Row], noise: Noise) -> Iterator[ReadRow]:
    for row in rows:
        chance = rng.random()
        if chance >= _MISSING:
            paper = _booked_otherwise(rng, row) if rng.random() < _BOOKED_OTHERWISE else row
            coded = bool(rng.random() < _CODED)
            for _ in range(2 if chance > 1 - _TWICE else 1):
                yield _read(rng, paper, row.number, coded, noise)
        if rng.random() < _SURPLUS:
            yield _read(rng, _not_booked(rng, row, len(rows)), -1, False, noise)


def _booked_otherwise(rng: np.random.Generator, row: Row) -> Row:
    """Return the paper of a transaction that was booked with another amount or name."""
    values = dict(zip(COLUMNS, row.values, strict=True))
    if values[FieldName.AMOUNT]:
        values[FieldName.AMOUNT] = f"{invent_amount(rng):.2f}"
    else:
        values[FieldName.CUSTOMER_NAME] = person_name(rng)
    return replace(row, values=tuple(values.values()))


def _not_booked(rng: np.random.Generator, row: Row, count: int) -> Row:
    """Return a paper of no transaction of its branch and day: half are of a customer who was there."""
    customer = row.values[1:4] if rng.random() < 0.5 else _customer(rng, ("", "", ""))
    branch, day, sequence = row.branch, row.day, count + int(rng.integers(1, 200))
    if rng.random() < 0.5:  # a page of the day before, or of another branch
        day, sequence = day - timedelta(days=1), int(rng.integers(1, count + 1))
    elif rng.random() < 0.5:
        branch, sequence = f"{int(branch) + 1}", int(rng.integers(1, count + 1))
    values = _values(rng, branch, day, sequence, (customer[0], customer[1], customer[2]), "")
    return replace(row, values=values)


def _read(rng: np.random.Generator, paper: Row, truth: int, coded: bool, noise: Noise) -> ReadRow:
    bad = rng.random() < noise.bad_pages
    unread, wrong = (0.5, 0.05) if bad else (noise.unread, noise.wrong)
    chances = rng.random((len(COLUMNS), 2))
    values = []
    for name, value, (of_unread, of_wrong) in zip(COLUMNS, paper.values, chances, strict=True):
        sure = coded and name is FieldName.SERIAL_NO
        if not value or of_unread < (0.005 if sure else unread):
            values.append("")
        else:
            values.append(_misread(rng, name, value) if of_wrong < wrong and not sure else value)
    return ReadRow(paper.branch, paper.day, tuple(values), coded, truth)


def _misread(rng: np.random.Generator, name: FieldName, value: str) -> str:
    """Return another value: signs taken for others, lost or added, in one case of ten something else."""
    if name is FieldName.BUSINESS_NAME:
        return str(rng.choice([one for one in _BUSINESSES if one != value]))
    if rng.random() < 0.1:
        return person_name(rng) if name is FieldName.CUSTOMER_NAME else digits(rng, len(value))
    if name is FieldName.CUSTOMER_NAME:
        return value[:-1] + person_name(rng)[-1] + "某"[: int(rng.random() < 0.2)]
    for _ in range(1 + int(rng.random() < 0.1)):
        value = _one_slip(rng, value)
    return value


def _one_slip(rng: np.random.Generator, value: str) -> str:
    place, how = int(rng.integers(len(value))), rng.random()
    if how < 0.08:
        return value[:place] + value[place + 1 :]
    if how < 0.12:
        return value[:place] + str(rng.integers(10)) + value[place:]
    like = _LIKE.get(value[place], "0123456789") if how < 0.7 else "0123456789"
    like = like.replace(value[place], "")
    return value[:place] + like[int(rng.integers(len(like)))] + value[place + 1 :]

"""Transactions and pages of an invented branch day, for the tests of matching."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from pipeline.balance import CatalogedPage
from pipeline.evidence import expected_values
from pipeline.model import Box, FieldName, FieldValue, Transaction

NOWHERE = Box(0, 0, 1, 1)


def booked(number: int, **values: object) -> Transaction:
    plain: dict[str, object] = {
        "business_date": date(2026, 11, 19),
        "serial_no": f"202611193301{number * 7919 % 1_000_000:06d}",
        "handling_branch": "3301",
        "occur_at": datetime.fromisoformat("2026-11-19T09:30:00+08:00"),
        "owner_branch": "3301",
        "customer_no": f"{9_000_000_000 + number * 104_729}",
        "customer_name": "余玲曹博赵英璟贾丽瑶"[number % 8 :][:2],
        "id_type": "居民身份证",
        "id_no": "46727051728724908X",
        "business_code": "B601",
        "business_name": "资金取出",
        "channel": "counter",
        "teller_no": "10009",
        "fund_account": f"{7_000_000_000 + number * 15_485_863}",
        "amount": Decimal(number * 3571 + 17).scaleb(-2),
    }
    return Transaction(**{**plain, **values})  # type: ignore[arg-type]


def scanned(
    transaction: Transaction,
    sequence: int = 1,
    *,
    without: Sequence[FieldName] = (),
    changed: Mapping[FieldName, str] | None = None,
    source: str = "rapidocr",
) -> CatalogedPage:
    values = {k: v for k, v in expected_values(transaction).items() if v and k not in without}
    values.update(changed or {})
    return CatalogedPage(
        page_id=f"page-{sequence}",
        delivery_id=f"delivery-{sequence}",
        name=f"{sequence:04d}.jpg",
        branch="3301",
        sequence=sequence,
        state="admitted",
        fields={k: FieldValue(k, v, 0.99, source, NOWHERE) for k, v in values.items()},
    )


Day = tuple[list[Transaction], list[CatalogedPage]]


@st.composite
def days(draw: st.DrawFn) -> Day:
    numbers = draw(st.lists(st.integers(1, 60), max_size=12, unique=True))
    transactions = [booked(n) for n in numbers]
    pages = []
    for sequence in range(1, draw(st.integers(0, 14)) + 1):
        source = booked(draw(st.integers(1, 70)))
        without = draw(st.sets(st.sampled_from(list(FieldName)), max_size=6))
        changed = {
            name: draw(st.sampled_from(["1", "曹博", "202611193301000000", "35.88"]))
            for name in draw(st.sets(st.sampled_from(list(FieldName)), max_size=3))
        }
        pages.append(scanned(source, sequence, without=tuple(without), changed=changed))
    return transactions, pages


def near(number: int) -> Transaction:
    """A transaction that comes near others: three of one customer, numbers in sequence, few amounts."""
    customer = booked(number // 3)
    return replace(
        customer,
        serial_no=f"20261119330100{1700 + number}",
        business_name=("资金取出", "转托管")[number % 2],
        amount=(Decimal("500.00"), Decimal("50000.00"), None)[number % 5 % 3],
    )


@st.composite
def near_days(draw: st.DrawFn) -> Day:
    """A day of near transactions; its pages misread, unread, coded, missing, surplus, scanned twice."""
    transactions = [near(n) for n in draw(st.lists(st.integers(0, 30), max_size=12, unique=True))]
    pages = []
    for sequence in range(1, draw(st.integers(0, 14)) + 1):
        paper = near(draw(st.integers(0, 35)))
        unread = draw(st.sets(st.sampled_from(list(FieldName)), max_size=5))
        misread = draw(st.sets(st.sampled_from(list(FieldName)), max_size=2))
        changed = {
            name: _slipped(draw, value)
            for name, value in expected_values(paper).items()
            if value and name in misread - unread
        }
        source = draw(st.sampled_from(["rapidocr", "barcode"]))
        pages.append(
            scanned(paper, sequence, without=tuple(unread), changed=changed, source=source)
        )
    return transactions, pages


def _slipped(draw: st.DrawFn, value: str) -> str:
    place = draw(st.integers(0, len(value) - 1))
    return value[:place] + draw(st.sampled_from(["0", "1", "6", "7", "O", ""])) + value[place + 1 :]

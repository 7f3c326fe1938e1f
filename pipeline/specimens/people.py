"""Invented customers and the transactions they make; nobody real can be meant.

Identity numbers carry a correct check digit but a county code that was never given out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np

from pipeline.identity_number import check_character
from pipeline.model import Transaction

FIRM = "望川证券股份有限公司"
PERSON_ID, COMPANY_ID = "居民身份证", "营业执照"

_BEIJING = timezone(timedelta(hours=8))
_SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰鹏飞辉宇浩欣怡佳晨雪梅琳建文志海波"
_CITIES = ("杭州", "南京", "成都", "武汉", "厦门", "青岛", "长沙", "合肥", "宁波", "昆明")
_TRADE_NAMES = ("恒远", "瑞泽", "明诚", "嘉禾", "启航", "中澜", "博雅", "华茂", "天朗", "广源")
_TRADES = ("贸易", "科技", "实业", "信息技术", "建筑工程", "文化传播", "物流", "新材料")
_ROADS = ("望江路", "枫林街", "学院路", "湖滨大道", "建设西路", "青石巷", "文昌路", "临港大道")

_CASH_BUSINESS = "B601"
"""Asks for one cash slip and nothing else, so that one voucher is a whole transaction."""
_BUSINESSES = (
    "开立资金账户",
    "证券账户加挂",
    "客户资料变更",
    "三方存管签约",
    "存管银行变更",
    "创业板权限开通",
    "港股通权限开通",
    "融资融券开户",
    "授信额度变更",
    "转托管",
    "撤销指定交易",
    "非交易过户",
    "基金账户登记",
    "产品申购",
    "产品赎回",
    "资金存入",
    "资金取出",
    "内部划转",
)

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_NO_COUNTY = ("119901", "319902", "339903", "449901", "519902", "329904")


def invent_transaction(
    rng: np.random.Generator, *, day: date, branch: str, serial_no: str
) -> Transaction:
    """Invent one counter transaction of a branch: customer, business, amount and time."""
    company = rng.random() < 0.2
    business = _BUSINESSES[rng.integers(len(_BUSINESSES))]
    opening = datetime(day.year, day.month, day.day, 9, tzinfo=_BEIJING)
    return Transaction(
        business_date=day,
        serial_no=serial_no,
        handling_branch=branch,
        occur_at=opening + timedelta(seconds=int(rng.integers(7 * 3600))),
        owner_branch=branch,
        customer_no=digits(rng, int(rng.integers(10, 13))),
        customer_name=company_name(rng) if company else person_name(rng),
        id_type=COMPANY_ID if company else PERSON_ID,
        id_no=credit_code(rng) if company else person_id(rng),
        business_code=_CASH_BUSINESS,
        business_name=business,
        channel="counter",
        teller_no=str(rng.integers(20101, 20112)),
        fund_account=digits(rng, int(rng.integers(10, 15))),
        amount=invent_amount(rng),
        currency="CNY",
        voucher_count=1,
    )


def invent_amount(rng: np.random.Generator) -> Decimal:
    """Invent an amount from hundreds to hundreds of millions, a third of them round."""
    size = int(rng.integers(3, 10))
    yuan = int(rng.integers(10 ** (size - 1), 10**size))
    if rng.random() < 0.35:
        return Decimal(max(yuan // 100 * 100, 100)).quantize(Decimal("0.01"))
    return Decimal(yuan * 100 + int(rng.integers(100))).scaleb(-2)


def with_other_amount(booked: Transaction, rng: np.random.Generator) -> Transaction:
    """Return the transaction with one or two digits of its amount changed, never the first to 0."""
    cents = list(str(int((booked.amount or Decimal(1)) * 100)))
    places = rng.choice(len(cents), size=min(len(cents), int(rng.integers(1, 3))), replace=False)
    for place in places:
        others = [d for d in "123456789" if d != cents[place]]
        cents[place] = others[rng.integers(len(others))]
    return replace(booked, amount=Decimal("".join(cents)).scaleb(-2))


def with_other_name(booked: Transaction, rng: np.random.Generator) -> Transaction:
    """Return the transaction in another customer's name, sharing no character with the old one."""
    new = company_name if booked.id_type == COMPANY_ID else person_name
    name = booked.customer_name
    while name == booked.customer_name or (
        booked.id_type == PERSON_ID and set(name) & set(booked.customer_name)
    ):
        name = new(rng)
    return replace(booked, customer_name=name)


def person_name(rng: np.random.Generator) -> str:
    """Invent a person's name of two or three characters."""
    given = rng.choice(list(_GIVEN), size=int(rng.integers(1, 3)), replace=False)
    return _pick(rng, _SURNAMES) + "".join(given)


def company_name(rng: np.random.Generator) -> str:
    """Invent a company's name."""
    return _pick(rng, _CITIES) + _pick(rng, _TRADE_NAMES) + _pick(rng, _TRADES) + "有限公司"


def branch_name(branch: str) -> str:
    """Return the invented name of a branch; the same number has the same name always."""
    rng = np.random.default_rng(list(branch.encode()))
    return _pick(rng, _CITIES) + _pick(rng, _ROADS) + "证券营业部"


def digits(rng: np.random.Generator, length: int) -> str:
    """Return a number of ``length`` digits that does not begin with 0."""
    return str(rng.integers(1, 10)) + "".join(str(d) for d in rng.integers(0, 10, length - 1))


def person_id(rng: np.random.Generator) -> str:
    """Invent an identity number with the check digit of GB 11643."""
    born = date(1950, 1, 1) + timedelta(days=int(rng.integers(0, 55 * 365)))
    body = f"{_pick(rng, _NO_COUNTY)}{born:%Y%m%d}{rng.integers(1, 1000):03d}"
    return body + check_character(body)


def credit_code(rng: np.random.Generator) -> str:
    """Invent a company's unified credit code with the check character of GB 32100."""
    organisation = "".join(_pick(rng, _CREDIT_ALPHABET) for _ in range(9))
    body = f"91{_pick(rng, _NO_COUNTY)}{organisation}"
    total = sum(_CREDIT_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + _CREDIT_ALPHABET[-total % 31]


def _pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]

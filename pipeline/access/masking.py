"""Which fields of customers are sensitive, and what is shown of them to whom (B2-07, B2-08)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from pipeline.contents import greatest


class FieldClass(StrEnum):
    """What kind of personal information a field is (个人信息管理办法 第二条, checks_and_settings)."""

    NAME = "name"
    ID_NUMBER = "id_number"
    ACCOUNT = "account"
    PHONE = "phone"
    ADDRESS = "address"
    ASSET = "asset"
    """个人财产信息: income, property."""
    CREDIT = "credit"
    """个人信用信息: loans, repayment, credit lines."""
    TRADE = "trade"
    """个人金融交易信息: amounts, quantities, instruments."""
    GENERAL = "general"
    """Nothing about the person: dates, business, branch."""
    OTHER = "other"
    """Free text and whatever no class is known of: hidden, since anything may stand in it."""


class Protection(StrEnum):
    """How a field, page, package or export is protected (B2-07)."""

    GENERAL = "general"
    SENSITIVE = "sensitive"


class Sight(StrEnum):
    """What somebody sees of sensitive fields."""

    MASKED = "masked"
    FULL = "full"


CLASS_OF: Mapping[str, FieldClass] = {
    "customer_name": FieldClass.NAME,
    "agent_name": FieldClass.NAME,
    "id_no": FieldClass.ID_NUMBER,
    "agent_id_no": FieldClass.ID_NUMBER,
    "customer_no": FieldClass.ACCOUNT,
    "fund_account": FieldClass.ACCOUNT,
    "sec_account": FieldClass.ACCOUNT,
    "bank_account": FieldClass.ACCOUNT,
    "phone": FieldClass.PHONE,
    "address": FieldClass.ADDRESS,
    **dict.fromkeys(("amount", "quantity", "instrument", "price"), FieldClass.TRADE),
    **dict.fromkeys(("income", "assets", "资产情况"), FieldClass.ASSET),
    **dict.fromkeys(
        ("credit_line", "loan", "repayment", "申请额度", "授信额度"), FieldClass.CREDIT
    ),
    **dict.fromkeys(
        (
            *("business_date", "serial_no", "handling_branch", "owner_branch", "occur_at"),
            *("id_type", "business_code", "business_name", "channel", "teller_no", "currency"),
            *("reviewer_no", "review_flag", "review_at", "reverse_of"),
            *("voucher_count", "station"),
        ),
        FieldClass.GENERAL,
    ),
}
"""Field as in streams and readings -> its class; a field that is not here is of class OTHER."""

_VISIBLE = frozenset({FieldClass.GENERAL, FieldClass.TRADE})
"""What was traded is what handlers, reviewers and archivists work by (JR/T 0171 C2, visible to them)."""
_HIDDEN = "***"
_LAST = 4
_PLACE = 6
"""Signs of an address that name province, city and district, roughly."""


def masked(field: str, value: str, sight: Sight) -> str:
    """Return a field's value as somebody of this sight may see it; an empty value stays empty."""
    kind = CLASS_OF.get(field, FieldClass.OTHER)
    if not value or sight is Sight.FULL or kind in _VISIBLE:
        return value
    if kind is FieldClass.NAME:
        return value[0] + "*" * max(len(value) - 1, 1)
    if kind in (FieldClass.ID_NUMBER, FieldClass.ACCOUNT):
        return _last_signs(value)
    if kind is FieldClass.PHONE:
        return f"{value[:3]}****{value[-_LAST:]}" if len(value) > 3 + _LAST else _last_signs(value)
    if kind is FieldClass.ADDRESS and len(value) > 2 * _PLACE:
        return value[:_PLACE] + _HIDDEN
    return _HIDDEN


def protection_of(fields: Iterable[str]) -> Protection:
    """Return how what holds these fields is protected: as its most sensitive one (第四条)."""
    levels = (_protection(CLASS_OF.get(field, FieldClass.OTHER)) for field in fields)
    return greatest(levels, list(Protection).index) or Protection.GENERAL


def _protection(kind: FieldClass) -> Protection:
    return Protection.GENERAL if kind is FieldClass.GENERAL else Protection.SENSITIVE


def _last_signs(value: str) -> str:
    """Keep the last four signs, of short values fewer: never more than a third."""
    kept = min(_LAST, len(value) // 3)
    return "*" * (len(value) - kept) + value[len(value) - kept :]

"""When a conditional paper is due: a small closed set of questions to the booked transaction.

In a profile a condition is a word (``agent``) or a word with its value (``age_at_least: 65``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.identity_number import birth_date
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.unfit import Unfit

INSTITUTION_PAPERS = (
    "营业执照",
    "统一社会信用代码",
    "组织机构代码",
    "事业单位法人证书",
    "社会团体法人登记证书",
    "产品备案",
)
"""Kinds of identity document (the stream's id_type begins so) that no natural person has."""


@dataclass(frozen=True)
class Condition:
    """One question to a transaction."""

    name: str
    value: Any = None
    """A number, a tuple of texts or of conditions; None where the question takes none or is switched off."""

    def holds(self, transaction: Transaction, same_day: Collection[str]) -> bool:
        """Whether the paper is due; ``same_day``: the business codes of this customer that day."""
        return _QUESTIONS[self.name].holds(self.value, transaction, same_day)

    def __str__(self) -> str:
        if self.name == "any_of":
            return " | ".join(map(str, self.value))
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        told = "/".join(map(str, values)) if self.value is not None else ""
        return f"{self.name} {told}".rstrip()

    @property
    def codes(self) -> tuple[str, ...]:
        """The business codes that it names."""
        if self.name == "any_of":
            return tuple(code for each in self.value for code in each.codes)
        return self.value if self.name == "same_day_business" else ()


def parsed(told: object) -> Condition:
    """Return the condition as a profile tells it; raises ValueError when there is no such."""
    if isinstance(told, Mapping) and len(told) == 1:
        [(name, value)] = told.items()
    else:
        name, value = told, None
    question = _QUESTIONS.get(name) if isinstance(name, str) else None
    if question is None:
        known = ", ".join(_QUESTIONS)
        raise Unfit(say("there is no condition {name}; there are {known}", name=name, known=known))
    if isinstance(told, Mapping) != question.takes_value:
        raise Unfit(
            say("{name} takes a value", name=name)
            if question.takes_value
            else say("{name} takes no value", name=name)
        )
    return Condition(name, question.value(value))


@dataclass(frozen=True)
class _Question:
    value: Callable[[Any], Any]
    """Brings the told value to its form; raises ValueError."""
    holds: Callable[[Any, Transaction, Collection[str]], bool]
    takes_value: bool = True


def _nothing(_: object) -> None:
    return None


def _number(value: object) -> Decimal | None:
    """A number of nought or more; null switches the question off."""
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Unfit(say("{value} is no number", value=value)) from error
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        raise Unfit(say("{value} is no number of nought or more", value=value))
    return number


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
        raise Unfit(say("a list of texts is wanted"))
    return tuple(value)


def _conditions(value: object) -> tuple[Condition, ...]:
    if not isinstance(value, list) or not value:
        raise Unfit(say("any_of takes a list of conditions"))
    return tuple(map(parsed, value))


def _age(number: str, on: date) -> int | None:
    born = birth_date(number)
    if born is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _old_enough(least: Decimal | None, transaction: Transaction) -> bool:
    age = _age(transaction.id_no, transaction.business_date)
    return least is not None and age is not None and age >= least


_QUESTIONS: Mapping[str, _Question] = {
    "agent": _Question(
        _nothing, lambda _, t, __: bool(t.agent_name or t.agent_id_no), takes_value=False
    ),
    "institution": _Question(
        _nothing, lambda _, t, __: t.id_type.startswith(INSTITUTION_PAPERS), takes_value=False
    ),
    "asked": _Question(_nothing, lambda _, __, ___: False, takes_value=False),
    "amount_at_least": _Question(
        _number, lambda v, t, _: v is not None and t.amount is not None and t.amount >= v
    ),
    "age_at_least": _Question(_number, lambda v, t, _: _old_enough(v, t)),
    "same_day_business": _Question(_texts, lambda v, _, codes: not set(v).isdisjoint(codes)),
    "remark_has": _Question(_texts, lambda v, t, _: any(one in (t.remark or "") for one in v)),
    "customer_name_has": _Question(
        _texts, lambda v, t, _: any(one in t.customer_name for one in v)
    ),
    "any_of": _Question(_conditions, lambda v, t, codes: any(one.holds(t, codes) for one in v)),
}

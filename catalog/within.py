"""Parts of queries: over one day and branch, or over all of them; digests by how they begin."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam
from sqlalchemy.sql import FromClause

Later = BindParameter[Any]
"""Stands for a value that is named when the statement is asked."""
DAY: Later = bindparam("day")
BRANCH: Later = bindparam("branch")
"""Business date and branch of a statement that is built once: building it costs more than asking it."""


def within(
    query: Select[Any],
    of: FromClause,
    day: date | Later | None,
    branch: str | Later | None,
    last: date | Later | None = None,
) -> Select[Any]:
    """Restrict a query to a business date and branch of a table; None: to all there are.

    ``last``: to all dates from ``day`` up to it.
    """
    if day is not None and last is not None:
        query = query.where(of.c.business_date.between(day, last))
    elif day is not None:
        query = query.where(of.c.business_date == day)
    if branch is not None:
        query = query.where(of.c.branch == branch)
    return query


def given(**asked: Any) -> dict[str, Any]:
    """Give those of the values that are asked by; None: by all there are."""
    return {name: value for name, value in asked.items() if value is not None}


def between(
    query: Select[Any], of: FromClause, first: date, last: date, branches: frozenset[str] | None
) -> Select[Any]:
    """Restrict a query to a window of business dates and to some branches of a table; None: to all."""
    query = query.where(of.c.business_date.between(first, last))
    return query if branches is None else query.where(of.c.branch.in_(sorted(branches)))


def begins(digest: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    """Whether a digest in hexadecimal begins so: a range, which the index finds, as LIKE does not.

    No sign of a digest comes behind "f".
    """
    return (digest >= beginning) & (digest < f"{beginning}g")

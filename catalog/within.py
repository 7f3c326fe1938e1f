"""Queries over one day and branch, or over all of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select
from sqlalchemy.sql import FromClause


def within(query: Select[Any], of: FromClause, day: date | None, branch: str | None) -> Select[Any]:
    """Restrict a query to a business date and branch of a table; None: to all there are."""
    if day is not None:
        query = query.where(of.c.business_date == day)
    if branch is not None:
        query = query.where(of.c.branch == branch)
    return query

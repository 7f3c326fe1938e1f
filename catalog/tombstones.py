"""Which objects are destroyed or about to be: everybody who expects copies asks here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from catalog.tables import (
    destroyed_item,
    destruction_decision,
    destruction_item,
    destruction_withdrawal,
)
from pipeline.destruction import ONLINE

_IS_ITEM = (destroyed_item.c.order_no == destruction_item.c.order_no) & (
    destroyed_item.c.no == destruction_item.c.no
)


def destroyed_keys() -> Select[Any]:
    """Select the keys of objects that were deleted under an order, or whose deletion has begun."""
    return (
        select(destruction_item.c.name)
        .join(destroyed_item, _IS_ITEM)
        .where(destruction_item.c.kind.in_(ONLINE), destroyed_item.c.stayed_at.is_(None))
    )


def destroyed_sha256s() -> Select[Any]:
    """Select the SHA-256s of the same."""
    return destroyed_keys().with_only_columns(destruction_item.c.sha256)


def doomed_keys() -> Select[Any]:
    """Select the keys of objects that an approved list names and nobody took off it, destroyed or not."""
    withdrawn = select(destruction_withdrawal.c.no).where(
        destruction_withdrawal.c.order_no == destruction_item.c.order_no,
        destruction_withdrawal.c.no == destruction_item.c.no,
    )
    approved = select(destruction_decision.c.order_no).where(destruction_decision.c.approved)
    return (
        select(destruction_item.c.name)
        .where(destruction_item.c.kind.in_(ONLINE), destruction_item.c.order_no.in_(approved))
        .where(~withdrawn.exists())
    )

"""What holds several things is treated as the one of them that asks for most.

A bag, a file or a volume stays as long as its longest item (CG-17.3d), and is protected as its most sensitive
field (客户敏感信息, 第四条).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def greatest(contents: Iterable[T], rank: Callable[[T], Any]) -> T | None:
    """Return the first of those contents that rank highest; None where there are none."""
    return max(contents, key=rank, default=None)

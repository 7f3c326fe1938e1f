"""What to do about what was found: each remedy once, under the list that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.reports.wording import KINDS
from flows.terminal import Terminal
from pipeline.balance import Discrepancy
from pipeline.language import say


def tell_remedies(terminal: Terminal, found: Iterable[Discrepancy]) -> None:
    """Tell for each kind of discrepancy what is to be done, in the order found."""
    for kind, remedy in dict.fromkeys((one.kind, one.remedy) for one in found):
        terminal.tell(say("{kind}: {remedy}", kind=KINDS[kind], remedy=remedy))

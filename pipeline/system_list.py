"""A list for a neighbouring system, proved by a trailer for each branch and counts by category."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.archive import by_customer
from pipeline.errors import UserError
from pipeline.language import say

Row = Mapping[str, str | int]
TRAILER = "#TRAILER"
"""First cell of the line that ends a branch's rows, as in a stream file."""
BETWEEN = ".."
"""Between the first and the last day of a span, as people write it."""


@dataclass(frozen=True)
class Span:
    """Business days, the first and the last included."""

    first: date
    last: date

    @classmethod
    def read(cls, text: str) -> Span:
        """Read "2026-11-19" or "2026-11-01..2026-11-30"; raises UserError for what is neither."""
        first, _, last = text.partition(BETWEEN)
        try:
            found = cls(date.fromisoformat(first), date.fromisoformat(last or first))
            if found.last < found.first:
                raise ValueError(text)
            return found
        except ValueError as error:
            raise UserError(
                say(
                    "{text} are no days; write them like 2026-11-19 or 2026-11-01..2026-11-30.",
                    text=text,
                )
            ) from error

    @classmethod
    def of(cls, first: date, last: date) -> Span:
        """Put days in a span; raises UserError when the last lies before the first."""
        if last < first:
            raise UserError(
                say(
                    "{first} lies behind {last}; name the earlier day with --from.",
                    first=first,
                    last=last,
                )
            )
        return cls(first, last)

    def __str__(self) -> str:
        """As people write it."""
        return str(self.first) if self.first == self.last else f"{self.first}{BETWEEN}{self.last}"


@dataclass(frozen=True)
class SystemList:
    """Rows by branch, and what proves that all of them are there."""

    kind: str
    """What it lists: "tasks" or "pages"."""
    span: Span
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    """A branch's rows stand together; each has ``branch`` and ``category`` among its values."""
    measure: str
    """The value whose sum stands in the trailer beside the number of rows."""

    def must_hold(self, wanted: int) -> None:
        """Raise UserError unless it has as many rows as were counted (in = out)."""
        if len(self.rows) != wanted:
            raise UserError(
                say(
                    "The list has {rows} lines where the catalog counts {wanted}: something came in "
                    "meanwhile. Run this again.",
                    rows=len(self.rows),
                    wanted=wanted,
                )
            )

    @property
    def trailers(self) -> tuple[tuple[str, int, int], ...]:
        """Branch, its rows, and the sum of the measure over them."""
        rows, sums = Counter[str](), Counter[str]()
        for row in self.rows:
            rows[str(row["branch"])] += 1
            sums[str(row["branch"])] += int(row[self.measure])
        return tuple((branch, count, sums[branch]) for branch, count in rows.items())

    @property
    def by_category(self) -> Mapping[str, tuple[int, int]]:
        """Category -> its rows and the sum of the measure; their sums are those of the trailers."""
        rows, sums = Counter[str](), Counter[str]()
        for row in self.rows:
            rows[str(row["category"])] += 1
            sums[str(row["category"])] += int(row[self.measure])
        return {category: (count, sums[category]) for category, count in sorted(rows.items())}

    def as_csv(self, plain: Callable[[str], str]) -> bytes:
        """Write it as CSV in UTF-8 with a byte order mark; ``plain`` keeps a cell from being computed."""
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(self.head)
        left = {branch: (count, total) for branch, count, total in self.trailers}
        for at, row in enumerate(self.rows):
            table.writerow([plain(str(row[name])) for name in self.head])
            following = self.rows[at + 1]["branch"] if at + 1 < len(self.rows) else None
            if (branch := str(row["branch"])) != following:
                table.writerow([TRAILER, branch, *left.pop(branch)])
        return out.getvalue().encode("utf-8-sig")

    def as_json(self) -> bytes:
        """Write it as one JSON object, with the same counts."""
        told = {
            "list": self.kind,
            "first": str(self.span.first),
            "last": str(self.span.last),
            "rows": self.rows,
            "trailers": [
                {"branch": branch, "rows": count, self.measure: total}
                for branch, count, total in self.trailers
            ],
            "categories": {
                category: {"rows": count, self.measure: total}
                for category, (count, total) in self.by_category.items()
            },
        }
        return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def in_order(rows: Sequence[Row], *names: str) -> tuple[Row, ...]:
    """Sort rows by branch and the values named: numbers as numbers, customers as in all lists."""
    return tuple(
        sorted(rows, key=lambda row: [_place(name, row[name]) for name in ("branch", *names)])
    )


def _place(name: str, value: str | int) -> tuple[int, str]:
    if isinstance(value, int):
        return value, ""
    return by_customer(value) if name == "customer_no" else (0, value)

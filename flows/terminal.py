"""What the command line shows: progress, sentences, tables. Standard output carries results only."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.clocks import ZONE
from pipeline.language import Message

_UNBOUND_WIDTH = 140
"""Columns of a table that goes to a file or a pipe."""

if TYPE_CHECKING:
    from rich.progress import Progress


class Terminal:
    """Speaks one language; results to standard output, all else to standard error."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._out = Console(highlight=False, soft_wrap=True)
        if not self._out.is_terminal:
            self._out.width = _UNBOUND_WIDTH
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def tell(self, message: Message) -> None:
        """Say a sentence as a result."""
        self._out.print(_plain(message.in_language(self.lang)))

    def note(self, message: Message) -> None:
        """Say a sentence beside the results."""
        self._err.print(_plain(message.in_language(self.lang)))

    def raw(self, text: str) -> None:
        """Write a result as it is."""
        self._out.file.write(text + "\n")
        self._out.file.flush()

    def ask(self, message: Message) -> str | None:
        """Ask for a line and return it without blanks at its ends; None when the input has ended."""
        self._err.print(_plain(message.in_language(self.lang)), end="")
        line = sys.stdin.readline()
        return line.strip() if line else None

    def table(self, title: Message, head: Sequence[Message], rows: Sequence[Sequence[str]]) -> None:
        """Show rows under a head; only the last column is broken over lines."""
        table = Table(title=title.in_language(self.lang), title_justify="left")
        for name in head[:-1]:
            table.add_column(name.in_language(self.lang), no_wrap=True)
        table.add_column(head[-1].in_language(self.lang), overflow="fold")
        for row in rows:
            table.add_row(*(_plain(cell) for cell in row))
        self._out.print(table)

    @contextmanager
    def progress(self, title: Message) -> Iterator[Bar]:
        """Show a bar while the block lasts."""
        from rich import progress as shown  # takes its time to load; who only asks needs none

        with shown.Progress(
            shown.TextColumn("{task.description}"),
            shown.BarColumn(),
            shown.MofNCompleteColumn(),
            shown.TimeElapsedColumn(),
            shown.TextColumn("{task.fields[note]}", markup=False),
            console=self._err,
            disable=not self._err.is_terminal,
        ) as bars:
            task = bars.add_task(title.in_language(self.lang), total=0, note="")
            yield Bar(bars, task, self.lang)


class Bar:
    """One progress bar; more work may be added while it runs."""

    def __init__(self, bars: Progress, task: object, lang: str) -> None:
        self._bars, self._task, self._lang = bars, task, lang
        self._total = 0

    def total(self, count: int) -> None:
        """Add so many steps."""
        self._total += count
        self._bars.update(self._task, total=self._total)  # type: ignore[arg-type]

    def step(self, note: Message) -> None:
        """One more step is done."""
        self._bars.update(
            self._task,  # type: ignore[arg-type]
            advance=1,
            note=_printable(note.in_language(self._lang))[:60],
        )


def _printable(text: str) -> str:
    """File names may hold anything: control characters must not reach the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def _plain(text: str) -> Text:
    return Text(_printable(text))


def moment(at: datetime | None) -> str:
    """A moment for people: the exchange's time, to the minute; a dash for none."""
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}" if at else "–"

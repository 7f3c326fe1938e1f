"""A catalog of a million transactions and their pages: one branch's day, made by the program's own steps,
laid into it once for each branch and day.

What makes a row that row is replaced in the copies: branch, date, serial and customer numbers, and the first
eight signs of every identity. Numbers of acts go on where the day before ended, and the log is chained anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.archive_rows import Rows, columns, in_postgresql, in_sqlite
from bench.station import BRANCH, DAY, make_day
from catalog.reconciliation import reconcile
from catalog.tables import metadata
from flows.capture import capture_tasks, make_tasks
from flows.in_hand import in_hand, matched, pages_in_hand
from flows.parts import Parts, open_parts
from pipeline.audit.entry import FIRST, canonical, told
from pipeline.calendar import TradingCalendar
from pipeline.recognition import causes, figures
from pipeline.tasks.states import task_id

A_DAY = 100
"""Transactions of a branch on a day."""
_BRANCHES = 100
_OF_A_DAY = (
    "booked_transaction", "capture_task", "task_act", "batch", "page", "delivery", "finding",
    "reading", "day_close", "recognised_day",
)  # fmt: skip
_NUMBERED = frozenset({"task_act", "finding"})
_IDENTITY = re.compile(r"\b[0-9a-f]{64}\b")
Copied = dict[str, list[list[Any]]]


@dataclass(frozen=True)
class Archive:
    """A workspace whose catalog holds many days."""

    folder: Path
    days: tuple[date, ...]
    """The last one is today: its stream is in, its papers are not."""
    branches: tuple[str, ...]

    @property
    def today(self) -> date:
        """The day that is being taken in."""
        return self.days[-1]


def archive(folder: Path, size: int, today: date, seed: int = 1, url: str | None = None) -> Archive:
    """Give an archive of ``size`` transactions up to ``today``; one that lies there is used again.

    Its catalog is ``url``, an empty PostgreSQL database, and the environment names it to all that is started;
    or the workspace's own, in SQLite.
    """
    sign = folder / "made.json"
    wanted = {"size": size, "seed": seed, "catalog": "postgresql" if url else "sqlite"}
    kept = json.loads(sign.read_text("utf-8")) if sign.exists() else {}
    if wanted.items() <= kept.items():
        today = date.fromisoformat(kept["today"])
    branches = tuple(f"{3000 + number}" for number in range(min(_BRANCHES, max(size // A_DAY, 1))))
    count = max(size // (A_DAY * len(branches)), 1)
    made = Archive(folder, _trading_days(today, count + 1), branches)
    if wanted.items() <= kept.items():
        _name_catalog(url)
        return made
    make_day(folder, A_DAY, seed)
    with open_parts(folder) as parts:
        close(parts, DAY, BRANCH)
    _multiply(made, url)
    _name_catalog(url)
    with open_parts(folder) as parts:
        for branch in branches:
            make_tasks(parts, today, branch, "bench")
    sign.write_text(json.dumps({**wanted, "today": today.isoformat()}), "utf-8")
    return made


def _name_catalog(url: str | None) -> None:
    if url:
        os.environ["PAPERPROOF_CATALOG"] = url


def _trading_days(today: date, count: int) -> tuple[date, ...]:
    calendar, found, day = TradingCalendar(), [today], today
    while len(found) < count:
        day -= timedelta(days=1)
        if calendar.is_trading_day(day):
            found.append(day)
    return tuple(found[::-1])


def close(parts: Parts, day: date, branch: str) -> None:
    """Capture and reconcile a branch day, as its closing would, without stores."""
    pages = pages_in_hand(parts, day, branch)
    matching = matched(parts, day, branch, pages)
    papers = capture_tasks(parts, day, branch, pages, matching, "bench")
    hand = in_hand(parts, day, branch, pages, matching)
    result = reconcile(replace(hand, papers=papers))
    parts.catalog.days.keep(result, f"decision/{'0' * 64}", "bench")
    handled = parts.catalog.recognition.handled(day, day, branch)
    parts.catalog.monitor.keep_recognised(day, branch, figures(handled), dict(causes(handled)))


# ---------------------------------------------------------------- laid in once for each branch and day


def _multiply(made: Archive, url: str | None) -> None:
    """Replace the made day by a copy of it for each branch and day; today's is booked alone."""
    file = made.folder / "catalog.sqlite"
    with closing(sqlite3.connect(file)) as database:
        pattern = _pattern(database)
        for table in (*_OF_A_DAY[::-1], "stream_file", "log", "catalog_change"):
            database.execute(f'DELETE FROM "{table}"')
        database.commit()
    newest = 0, FIRST
    with in_postgresql(url, file) if url else in_sqlite(file) as rows:
        for place in range(len(made.days)):
            newest = _lay_in(rows, made, pattern, place, newest)
            rows.commit()
            print(f"\r{place + 1} of {len(made.days)} days", end="", flush=True)
        print()


def _lay_in(
    rows: Rows, made: Archive, pattern: str, place: int, newest: tuple[int, str]
) -> tuple[int, str]:
    """Lay a day in; returns number and digest of the log's newest entry then."""
    day = made.days[place]
    totals = {branch: {"rows": str(A_DAY), "amount": "0"} for branch in made.branches}
    stream = (place + 1, day.isoformat(), "s.csv", "0" * 64, "utf-8", A_DAY * len(totals), 0)
    rows.enter("stream_file", [(*stream, f"{day} 17:00:00.000000", json.dumps(totals))])
    tables = _OF_A_DAY if day != made.today else _OF_A_DAY[:1]
    for number, branch in enumerate(made.branches):
        copied = _copy(pattern, place * len(made.branches) + number, place, day, branch)
        for table in tables:
            rows.enter(table, copied[table])
        if day != made.today:
            entries = list(_chained(newest, copied["page"], day))
            rows.enter("log", entries)
            newest = entries[-1][0], entries[-1][3]
    return newest


def _pattern(database: sqlite3.Connection) -> str:
    """Return the made day's rows as JSON with marks for what differs in each copy."""
    rows = {
        table: [list(row) for row in database.execute(f'SELECT {columns(table)} FROM "{table}"')]
        for table in _OF_A_DAY
    }
    content, shows = (_place("reading", "content"), _place("page", "perceptual_hash"))
    for row in rows["reading"]:  # the lines of pages of known forms are not read
        row[content] = json.dumps({**json.loads(row[content]), "lines": []})
    for number, row in enumerate(rows["page"]):
        row[shows] = f"§n§{number:08x}"
    text = _IDENTITY.sub(lambda found: "§n§" + found[0][8:], json.dumps(rows, ensure_ascii=False))
    column = _place("booked_transaction", "customer_no")
    for number in {row[column] for row in rows["booked_transaction"]}:
        text = text.replace(number, "§k§" + number[4:])
    now = datetime.now(UTC).date().isoformat()
    for plain, mark in (
        (f"{DAY:%Y%m%d}{BRANCH}", "§c§§b§"), (DAY.isoformat(), "§d§"), (now, "§d§"),
        (f'"{BRANCH}"', '"§b§"'), (f'\\"{BRANCH}\\"', '\\"§b§\\"'),
    ):  # fmt: skip
        text = text.replace(plain, mark)
    return text


def _copy(pattern: str, number: int, place: int, day: date, branch: str) -> Copied:
    """Return the rows of one branch and day; a customer has business on five days."""
    marks = {
        "§n§": f"{number:08x}", "§k§": f"{int(branch) % 100 * 100 + place // 5:04d}",
        "§c§": f"{day:%Y%m%d}", "§d§": day.isoformat(), "§b§": branch,
    }  # fmt: skip
    for mark, value in marks.items():
        pattern = pattern.replace(mark, value)
    rows: Copied = json.loads(pattern)
    for row in rows["booked_transaction"]:
        row[_place("booked_transaction", "stream_file_id")] = place + 1
    task, of_act = _place("capture_task", "id"), _place("task_act", "task_id")
    named = ("branch", "serial_no", "document_type")
    ids = {
        row[task]: task_id(day, *(row[_place("capture_task", name)] for name in named))
        for row in rows["capture_task"]
    }
    for row in rows["capture_task"]:
        row[task] = ids[row[task]]
    for row in rows["task_act"]:
        row[of_act] = ids[row[of_act]]
    for table in _NUMBERED:
        for row in rows[table]:
            row[0] += number * len(rows[table])
    return rows


def _place(table: str, column: str) -> int:
    return metadata.tables[table].columns.keys().index(column)


def _chained(
    newest: tuple[int, str], pages: list[list[Any]], day: date
) -> Iterator[tuple[int, str, str, str]]:
    """Yield a log entry for each page, following on the newest one."""
    seq, prev = newest
    for page in pages:
        seq += 1
        at = f"{day}T08:00:00.000+00:00"
        body = canonical(
            told(seq, prev, at, who="wang", act="page.admit", subject=page[0], ok=True)
        )
        digest = hashlib.sha256(body).hexdigest()
        yield seq, prev, body.decode(), digest
        prev = digest

"""What a reader cost and got right on a set of pages."""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.pages import BenchPage
from pipeline.model import FieldName

SURE = 0.99
"""Confidence from which a value counts as given for sure."""

BINS = (0.0, 0.5, 0.8, 0.9, 0.95, SURE, 0.999, 1.0)
"""Lower ends of the reliability diagram's bins; the last holds 1.0 alone."""


@dataclass
class Account:
    """One reader's figures, page by page."""

    reader: str
    pages: int = 0
    fields: int = 0
    right: int = 0
    pages_right: int = 0
    values: list[tuple[float, bool]] | None = None
    """Confidence of each value given, and whether it is right; None where the reader gives none."""
    coded: list[float] = field(default_factory=list)
    """Processor seconds of each page on which a code carries the serial number."""
    serials_from_code: int = 0
    serials_from_code_wrong: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds by stage."""
    wrong: list[str] = field(default_factory=list)
    peak_mib: int = 0

    def judge(self, page: BenchPage, rights: Mapping[FieldName, bool]) -> None:
        """Count one page."""
        self.pages += 1
        self.fields += len(rights)
        self.right += sum(rights.values())
        self.pages_right += all(rights.values())
        self.wrong += [f"{page.name} {name}" for name, right in rights.items() if not right]

    def take_in(self, other: Account) -> None:
        """Add what the same reader did with other pages."""
        self.pages += other.pages
        self.fields += other.fields
        self.right += other.right
        self.pages_right += other.pages_right
        if self.values is not None:
            self.values = [*self.values, *(other.values or ())]
        self.coded += other.coded
        self.serials_from_code += other.serials_from_code
        self.serials_from_code_wrong += other.serials_from_code_wrong
        self.ways += other.ways
        for key, cpu in other.cpu.items():
            self.add(key, cpu)
        self.wrong += other.wrong
        self.peak_mib = max(self.peak_mib, other.peak_mib)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the processor seconds of the block, those of ended child processes too."""
        before = cpu_seconds()
        yield
        self.add(name, cpu_seconds() - before)

    def add(self, name: str, seconds: float) -> None:
        """Count processor seconds that were measured elsewhere."""
        self.cpu[name] = self.cpu.get(name, 0.0) + seconds

    def told(self) -> dict[str, Any]:
        """Return the figures for the JSON and the table."""
        pages = max(1, self.pages)
        sure = [right for confidence, right in self.values or () if confidence >= SURE]
        return {
            "reader": self.reader,
            "pages": self.pages,
            "ways": dict(self.ways),
            "cpu_seconds_a_page": {key: round(cpu / pages, 4) for key, cpu in self.cpu.items()},
            "cpu_seconds_a_coded_page": _mean(self.coded),
            "coded_pages": len(self.coded),
            "pages_a_minute_a_core": round(60 * pages / self.cpu["all"], 1),
            "peak_mib": self.peak_mib,
            "fields": self.fields,
            "fields_right": self.right,
            "pages_all_right": self.pages_right,
            "values_sure": None if self.values is None else len(sure),
            "values_sure_but_wrong": None if self.values is None else len(sure) - sum(sure),
            "serials_from_code": self.serials_from_code,
            "serials_from_code_wrong": self.serials_from_code_wrong,
            "reliability": None if self.values is None else reliability(self.values),
            "wrong": self.wrong,
        }


def reliability(values: list[tuple[float, bool]]) -> list[dict[str, float]]:
    """Return the reliability diagram: for each bin, how sure the reader was and how often right."""
    rows = []
    for low, high in zip(BINS, (*BINS[1:], 1.01), strict=True):
        inside = [(confidence, right) for confidence, right in values if low <= confidence < high]
        if inside:
            rows.append(
                {
                    "from": low,
                    "values": len(inside),
                    "confidence": round(sum(one for one, _ in inside) / len(inside), 4),
                    "right": round(sum(right for _, right in inside) / len(inside), 4),
                }
            )
    return rows


def cpu_seconds() -> float:
    """Return this process's processor seconds and those of its ended children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def cpu_seconds_naming(part: str) -> float:
    """Return the processor seconds of all other processes that have ``part`` in their command line."""
    ticks = 0
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal() or int(process.name) == os.getpid():
            continue
        try:
            if part.encode() in (process / "cmdline").read_bytes():
                fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mib() -> int:
    """Return the largest memory that this process or one of its ended children had, in MiB."""
    own, children = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return round(max(own, children) / 1024)


def _mean(seconds: list[float]) -> float | None:
    return round(sum(seconds) / len(seconds), 4) if seconds else None

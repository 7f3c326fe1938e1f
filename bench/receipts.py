"""Shops' receipts with known truth: date and total read right.

The folder holds ``truth.csv`` with the columns image, date and amount.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import cv2

from bench.account import cpu_seconds
from flows.page_reader import PageReader
from pipeline.papers import PaperKind, paper_of
from pipeline.serials import SERIAL_GRAMMAR

_TRUTH_NAMES = {"date": "date", "total": "amount"}


def run(folder: Path, limit: int | None) -> dict[str, Any]:
    """Read the receipts of a folder; return the figures, values that went wrong by name."""
    cv2.setNumThreads(1)
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as rows:
        truth = list(csv.DictReader(rows))[:limit]
    reader = PageReader("rapidocr", SERIAL_GRAMMAR)
    begun = cpu_seconds()
    right, missed = dict.fromkeys(_TRUTH_NAMES, 0), []
    for one in truth:
        paper = paper_of(reader.read((folder / one["image"]).read_bytes()))
        values = paper.values if paper and paper.kind is PaperKind.RECEIPT else {}
        for name, known_as in _TRUTH_NAMES.items():
            read = values[name].value if name in values else None
            right[name] += read == one[known_as]
            if read != one[known_as]:
                missed.append(f"{one['image']} {name}: {one[known_as]} read as {read}")
    pages = max(1, len(truth))
    return {
        "pages": len(truth),
        "cpu_seconds_a_page": round((cpu_seconds() - begun) / pages, 3),
        "right": right,
        "missed": missed,
    }


def told(figures: dict[str, Any]) -> str:
    """Return the figures as a table."""
    rights = "\n".join(
        f"    {name:<14} {right}/{figures['pages']}" for name, right in figures["right"].items()
    )
    missed = "".join(f"\n    not right: {one}" for one in figures["missed"])
    return (
        f"{figures['pages']} receipts, {figures['cpu_seconds_a_page']:.3f} CPU s a page\n"
        f"read right\n{rights}{missed}"
    )

"""Bank slips with known truth: what was linked to the ledger, rightly or wrongly, and each field read right.

The folder holds ``truth.json`` (path, fields, txn_id or null) and ``ledger.csv``.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import cv2

from bench.account import cpu_seconds
from flows.link import link_pages
from flows.page_reader import PageReader
from flows.read_pages import ReadPage
from ingest.ledger import read_ledger
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.slips import SlipField, slip_of

_TRUTH_NAMES = {SlipField.NUMBER: "ref"}
"""Fields that are named otherwise in the truth."""


def run(folder: Path, limit: int | None) -> dict[str, Any]:
    """Read and link the slips of a folder; return the figures, pages that went wrong by name."""
    cv2.setNumThreads(1)
    truth = json.loads((folder / "truth.json").read_text("utf-8"))[:limit]
    reader = PageReader("rapidocr", SERIAL_GRAMMAR)
    begun = cpu_seconds()
    pages = [
        ReadPage(one["path"], (), reader.read((folder / one["path"]).read_bytes())) for one in truth
    ]
    cpu = cpu_seconds() - begun
    rows = {one["path"]: one["txn_id"] for one in truth}
    right, missed = _fields(pages, {one["path"]: one["fields"] for one in truth})
    return {
        "pages": len(pages),
        "cpu_seconds_a_page": round(cpu / max(1, len(pages)), 3),
        **_links(pages, folder, rows),
        "fields_right": {str(name): right[name] for name in SlipField},
        "doubts": {
            page.name: page.reading.doubts for page in pages if page.reading and page.reading.doubts
        },
        "fields_missed": missed,
    }


def _links(pages: list[ReadPage], folder: Path, rows: dict[str, str | None]) -> dict[str, Any]:
    linked = link_pages(pages, read_ledger(folder / "ledger.csv"))
    given = {link.page: link.txn_id for link in linked.linking.links}
    given |= {page: given[first] for page, first in linked.linking.copies if first in given}
    due = [page for page, row in rows.items() if row]
    return {
        "slips_with_a_row": len(due),
        "linked_right": sum(given.get(page) == rows[page] for page in due),
        "linked_wrong": sorted(page for page, row in given.items() if row != rows[page]),
        "to_people_with_a_row": sorted(page for page in due if page not in given),
        "to_people_without_a_row": sum(not row and page not in given for page, row in rows.items()),
    }


def _fields(
    pages: list[ReadPage], truth: dict[str, dict[str, str]]
) -> tuple[Counter[SlipField], list[str]]:
    right: Counter[SlipField] = Counter()
    missed = []
    for page in pages:
        slip = slip_of(page.reading) if page.reading else None
        for name in SlipField:
            expected = truth[page.name][_TRUTH_NAMES.get(name, name)]
            read = slip.text(name) if slip else None
            right[name] += read == expected
            if read != expected:
                missed.append(f"{page.name} {name}: {expected} read as {read}")
    return right, missed


def told(figures: dict[str, Any]) -> str:
    """Return the figures as a table."""
    fields = "\n".join(
        f"    {name:<14} {right}/{figures['pages']}"
        for name, right in figures["fields_right"].items()
    )
    return (
        f"{figures['pages']} slips, {figures['cpu_seconds_a_page']:.3f} CPU s a page\n"
        f"linked right {figures['linked_right']} of {figures['slips_with_a_row']}, "
        f"wrong {len(figures['linked_wrong'])}, to a person {len(figures['to_people_with_a_row'])}; "
        f"without a row and left to a person {figures['to_people_without_a_row']}\n"
        f"read right\n{fields}"
    )

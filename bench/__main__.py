"""Command line of the measurements."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.pages import from_folder, invented, parted
from bench.readers import Account, learned_forms, run

READERS = ("zones", "whole", "pytesseract", "rapidocr")


def main() -> None:
    """Measure readers side by side; print a table and write the figures as JSON."""
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("what", choices=["read"])
    parser.add_argument(
        "--folder", type=Path, help="scans with truth.json; else pages are invented"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pages", type=int, default=12, help="pages to judge")
    parser.add_argument("--readers", default=",".join(READERS))
    parser.add_argument(
        "--no-second", action="store_true", help="without Tesseract as second reader"
    )
    parser.add_argument("--output", type=Path, default=Path("bench-read.json"))
    asked = parser.parse_args()
    pages = from_folder(asked.folder) if asked.folder else invented(asked.seed, asked.pages)
    to_learn, to_judge = parted(pages)
    to_judge = to_judge[: asked.pages]
    forms = _apart(learned_forms, to_learn)
    told = []
    for name in asked.readers.split(","):
        account = _apart(run, name, to_judge, forms, not asked.no_second)
        told.append(_told(account))
        print(_line(told[-1]), flush=True)
    asked.output.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _apart(act: Any, *args: Any) -> Any:
    """Do something in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(act, *args).result()


def _told(account: Account) -> dict[str, Any]:
    pages = max(1, account.pages)
    return {
        "reader": account.reader,
        "pages": account.pages,
        "ways": dict(account.ways),
        "cpu_seconds_a_page": {key: round(cpu / pages, 4) for key, cpu in account.cpu.items()},
        "pages_a_minute_a_core": round(60 * pages / account.cpu["all"], 1),
        "peak_mib": account.peak_mib,
        "fields": account.fields,
        "fields_right": account.right,
        "pages_all_right": account.pages_right,
        "values_sure": account.sure,
        "values_sure_but_wrong": account.sure_wrong,
        "wrong": account.wrong,
    }


def _line(told: dict[str, Any]) -> str:
    stages = {key: cpu for key, cpu in told["cpu_seconds_a_page"].items() if key != "all"}
    parts: Sequence[str] = [f"{key} {cpu:.3f}" for key, cpu in stages.items()]
    sure = (
        "–"
        if told["values_sure"] is None
        else f"{told['values_sure_but_wrong']} of {told['values_sure']}"
    )
    return (
        f"{told['reader']:<12} {told['cpu_seconds_a_page']['all']:6.3f} CPU s/page ({', '.join(parts)})  "
        f"{told['pages_a_minute_a_core']:6.1f} pages/min/core  {told['peak_mib']:5d} MiB  "
        f"fields {told['fields_right']}/{told['fields']}  pages {told['pages_all_right']}/{told['pages']}  "
        f"wrong at ≥ 0.99: {sure}  {told['ways'] or ''}"
    )


if __name__ == "__main__":
    main()

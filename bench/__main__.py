"""Command line of the measurements."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import match, receipts, scale, slips, station, store, store_memory, web
from bench.misfeeds import fates
from bench.pages import from_folder, invented, parted
from bench.readers import READERS, learned_forms, run
from bench.scaling import Pace, paces

_PAGES = 12
_SIZES = (10_000,)
_ALL_READERS = ",".join(READERS)
_PAPERS = {"slips": slips, "receipts": receipts}


def main() -> None:
    """Measure what is asked for; print a table and write the figures as JSON."""
    asked = _asked()
    measures = {
        "read": _readers,
        "misfeeds": _misfeeds,
        "match": _match,
        "station": _station,
        "store": _store,
        "web": _web,
        "scale": _scale,
    }
    figures = measures.get(asked.what, _papers)(asked)
    output = asked.output or Path(f"bench-{asked.what}.json")
    output.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _papers(asked: argparse.Namespace) -> dict[str, Any]:
    """Measure papers of other shapes, with the truth of their folder."""
    if not asked.folder:
        raise SystemExit(f"script/bench {asked.what} needs --folder FOLDER with its truth")
    papers = _PAPERS[asked.what]
    figures: dict[str, Any] = _apart(papers.run, asked.folder, asked.pages)
    print(papers.told(figures))
    return figures


def _misfeeds(asked: argparse.Namespace) -> dict[str, Any]:
    """Show what becomes of misfed pages, kind by kind; ends with 1 when a wrong value was believed."""
    told = _apart(fates, asked.seed[0], asked.pages or _PAGES)
    print("\n".join(fate.line() for fate in told))
    if any(fate.wrong for fate in told):
        raise SystemExit(1)
    return {fate.kind: fate.figures() for fate in told}


def _match(asked: argparse.Namespace) -> dict[str, Any]:
    """Match simulated streams side by side with a peer."""
    peers = asked.readers.split(",") if asked.readers != _ALL_READERS else ("paperproof", "splink")
    sizes = asked.sizes or _SIZES
    rows = match.run(sizes, asked.noise, asked.seed[0], tuple(peers), asked.folder)
    growth = match.growth(rows)
    print("".join(f"{name}: time grows as n^{b:.2f}\n" for name, b in growth.items()), end="")
    return {"runs": rows, "growth": growth}


def _station(asked: argparse.Namespace) -> dict[str, Any]:
    """Ask a branch day for what is missing, as its operator does before leaving."""
    return {"runs": station.run(asked.sizes or (station.BRANCH_DAY,), asked.seed[0])}


def _store(asked: argparse.Namespace) -> dict[str, Any]:
    """Take in and verify copies: speed beside a bare loop and tools of others; memory as they grow."""
    speed = store.run(asked.objects, asked.seed[0]) if asked.objects else {}
    if asked.sizes == [0]:
        return speed
    sizes = asked.sizes or store_memory.SIZES
    memory = store_memory.run(sizes, asked.seed[0], filled=asked.filled)
    growth = store_memory.growth(memory)
    memory.append(store_memory.listing(max(sizes)))
    print("".join(f"{act}: {more:.0f} bytes more for each page\n" for act, more in growth.items()))
    return {**speed, "memory": memory, "growth": growth}


def _web(asked: argparse.Namespace) -> dict[str, Any]:
    """Let people work with the site over a large archive, which is made once and kept."""
    (size,) = asked.sizes or (web.SIZE,)
    kind = "-postgresql" if asked.catalog else ""
    folder = asked.folder or Path(f"build/bench-web{kind}")
    load = web.Load(asked.stations, asked.seconds, seed=asked.seed[0])
    return web.run(folder, size, load, asked.catalog)


def _scale(asked: argparse.Namespace) -> dict[str, Any]:
    """Share reading out among workers and flow runs; simulate days of many pages from what that costs."""
    return scale.run(asked.pages or scale.PAGES, asked.sizes or scale.DAYS, asked.seed[0])


def _readers(asked: argparse.Namespace) -> dict[str, Any]:
    """Measure readers side by side on the same pages."""
    asked.pages = asked.pages or _PAGES
    first, *later = asked.seed
    pages = from_folder(asked.folder) if asked.folder else invented(first, asked.pages)
    to_learn, to_judge = parted(pages)
    to_judge = to_judge[: asked.pages]
    forms = _apart(learned_forms, to_learn)
    told = []
    for name in asked.readers.split(","):
        account = _apart(run, name, to_judge, forms)
        for seed in later:
            account.take_in(_apart(run, name, invented(seed, asked.pages)[: asked.pages], forms))
        told.append(account.told())
        print(_line(told[-1]), flush=True)
        print("".join(f"    not right: {one}\n" for one in _not_right(told[-1])), end="")
    print(_ratios(told))
    for one in told:
        print(_reliability(one), end="")
    pace = [] if asked.no_scaling else paces(to_judge, forms)
    print(_scaling(pace))
    return {"readers": told, "scaling": [asdict(one) for one in pace]}


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument(
        "what", choices=["read", "misfeeds", "match", "station", "store", "web", "scale", *_PAPERS]
    )
    parser.add_argument(
        "--folder", type=Path, help="scans with truth.json; else pages are invented"
    )
    parser.add_argument(
        "--seed", type=_seeds, default=[1], help="of invented pages: 7, or 2001-2010 for ten days"
    )
    parser.add_argument(
        "--pages",
        type=int,
        help=f"pages to judge ({_PAGES}, or all of a folder's slips or receipts)",
    )
    parser.add_argument("--readers", default=_ALL_READERS, help="some of the rows")
    parser.add_argument(
        "--sizes",
        type=_list_of(int),
        help=f"transactions: 10000,1000000 ({_SIZES[0]}; at the station {station.BRANCH_DAY}); "
        "of store: pages of the archives whose memory is compared, 0 for none",
    )
    parser.add_argument(
        "--objects", type=int, default=store.OBJECTS, help="pages taken in and verified; 0: none"
    )
    parser.add_argument(
        "--filled",
        action="store_true",
        help="of store: memory over archives that were not taken in",
    )
    parser.add_argument(
        "--noise", type=_list_of(float), default=[1.0, 3.0], help="times the reading benchmark's"
    )
    parser.add_argument("--stations", type=int, default=web.STATIONS, help="people at the site")
    parser.add_argument(
        "--catalog",
        help="of web: an empty PostgreSQL database to make the archive in (SQLite)",
    )
    parser.add_argument("--seconds", type=float, default=web.SECONDS, help="how long they work")
    parser.add_argument("--no-scaling", action="store_true")
    parser.add_argument("--output", "--out", type=Path, help="the figures (bench-WHAT.json)")
    return parser.parse_args()


def _list_of(made: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    return lambda text: [made(part) for part in text.split(",")]


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _apart(act: Any, *args: Any) -> Any:
    """Do something in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(act, *args).result()


def _line(told: dict[str, Any]) -> str:
    stages = {key: cpu for key, cpu in told["cpu_seconds_a_page"].items() if key != "all"}
    parts: Sequence[str] = [f"{key} {cpu:.3f}" for key, cpu in stages.items()]
    coded, sure = told["cpu_seconds_a_coded_page"], told["values_sure"]
    wrong = "–" if sure is None else f"{told['values_sure_but_wrong']} of {sure}"
    return (
        f"{told['reader']:<12} {told['cpu_seconds_a_page']['all']:6.3f} CPU s/page "
        f"({', '.join(parts) or 'not parted'}), with a code {'–' if coded is None else f'{coded:.3f}'}  "
        f"{told['pages_a_minute_a_core']:6.1f} pages/min/core  {told['peak_mib']:5d} MiB  "
        f"fields {told['fields_right']}/{told['fields']}  pages {told['pages_all_right']}/{told['pages']}  "
        f"wrong at ≥ 0.99: {wrong}  "
        f"serials from codes wrong: {told['serials_from_code_wrong']} of {told['serials_from_code']}  "
        f"{told['ways'] or ''}"
    )


def _not_right(told: dict[str, Any]) -> Sequence[str]:
    """Name the fields not right of a reader that got nearly all right."""
    return told["wrong"] if len(told["wrong"]) <= told["fields"] / 20 else ()


def _ratios(told: Sequence[dict[str, Any]]) -> str:
    """Say how many times as many pages a minute the first reader reads as each other."""
    first, *others = told
    times = (
        f"{first['pages_a_minute_a_core'] / one['pages_a_minute_a_core']:.1f} × {one['reader']}"
        for one in others
    )
    return f"\n{first['reader']}: {', '.join(times)}" if others else ""


def _reliability(told: dict[str, Any]) -> str:
    if not told["reliability"]:
        return ""
    rows = (
        f"    from {row['from']:5.3f}: {row['values']:5d} values, confidence {row['confidence']:.4f}, "
        f"right {row['right']:.4f} {'█' * round(40 * row['right'])}\n"
        for row in told["reliability"]
    )
    return f"\n{told['reader']}: how often values of a confidence are right\n{''.join(rows)}"


def _scaling(pace: Sequence[Pace]) -> str:
    if not pace:
        return ""
    slowest = pace[0].pages_a_minute
    rows = (
        f"    {one.workers} processes: {one.pages_a_minute:6.1f} pages/min, "
        f"{one.pages_a_minute / slowest:.2f} times\n"
        for one in pace
    )
    return f"\nzones, scaling with processes\n{''.join(rows)}"


if __name__ == "__main__":
    main()

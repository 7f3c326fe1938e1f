"""Where refused pages lie, each beside the reason a scan operator understands."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.model import Delivery, Finding, Severity
from storage.disk import make_folder, sync_folder, write_part

_UNSAFE = re.compile(r"[^\w.\-()（）【】]+", re.UNICODE)
_LONGEST = 60
"""Characters kept of a name: Chinese ones take three bytes, and a file's name has room for 255."""


def put(root: Path, arrival: Delivery, content: bytes, findings: tuple[Finding, ...]) -> str:
    """Write a refused page and its reason, synced to disk; return its place below ``root``.

    Written twice, it is the same file twice: the name holds the page's digest.
    """
    batch = arrival.batch
    folder = Path(_safe(batch.day.isoformat()), _safe(batch.branch), _safe(batch.name))
    make_folder(root / folder)
    name = Path(_safe(arrival.name))
    place = folder / f"{name.stem[:_LONGEST]}.{arrival.id[:8]}{name.suffix[:10]}"
    _write(root / place, content)
    _write(root / place.with_name(place.name + ".reason.txt"), _reason(arrival, findings))
    return place.as_posix()


def _reason(arrival: Delivery, findings: tuple[Finding, ...]) -> bytes:
    reasons = [found for found in findings if found.severity is Severity.REJECT]
    lines = [arrival.name]
    for lang in ("zh", "en"):
        lines += [f"{found.check}  {found.message.in_language(lang)}" for found in reasons]
    return ("\n".join(lines) + "\n").encode("utf-8", errors="backslashreplace")


def _safe(name: str) -> str:
    """Return a name that can do no harm as a path: no separators, no dots in front."""
    return _UNSAFE.sub("_", name).lstrip(".") or "_"


def _write(path: Path, content: bytes) -> None:
    write_part(path.parent, (content,)).replace(path)
    sync_folder(path.parent)

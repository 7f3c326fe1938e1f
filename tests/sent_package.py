"""Born-digital packages as a sender makes them, and as something spoils them on the way."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PDF = b"%PDF-1.7\n% an application form\n"
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\x5a" * 4000
FILES: Mapping[str, tuple[str, bytes]] = {
    "申请表.pdf": ("PROD_APP", PDF),
    "回单.pdf": ("RECEIPT", PDF + b"receipt"),
    "films/witness.mp4": ("DUALVIDEO", FILM),
}
"""Name -> document type and bytes."""


def manifest(files: Mapping[str, tuple[str, bytes]] = FILES, **values: Any) -> dict[str, Any]:
    """The manifest of a package of the online hall, with ``values`` instead of its own."""
    told = {
        "package": "WT20261119-000003",
        "origin": "online_hall",
        "branch": "3301",
        "business_date": "2026-11-19",
        "serial_no": "202611193301000003",
        "customer_no": "9409350103",
        "made_at": "2026-11-19T10:20:30+08:00",
        "files": [
            {
                "name": name,
                "document_type": kind,
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
                "captured_at": "2026-11-19T10:15:00+08:00",
            }
            for name, (kind, content) in files.items()
        ],
    }
    return told | values


def send(folder: Path, files: Mapping[str, tuple[str, bytes]] = FILES, **values: Any) -> Path:
    """Write a package as a folder."""
    for name, (_, content) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "package.json").write_text(json.dumps(manifest(files, **values)), "utf-8")
    return folder


def as_csv(folder: Path) -> Path:
    """Tell the manifest of a folder as CSV instead."""
    told = json.loads((folder / "package.json").read_text("utf-8"))
    files = told.pop("files")
    (folder / "package.json").unlink()
    with (folder / "package.csv").open("w", encoding="utf-8-sig", newline="") as out:
        table = csv.DictWriter(out, [*told, *files[0]])
        table.writeheader()
        table.writerows({**told, **one} for one in files)
    return folder


def zipped(folder: Path, path: Path, more: Mapping[str, bytes] | None = None) -> Path:
    """Pack a folder, and ``more`` under names of any kind, as a ZIP."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                archive.write(one, one.relative_to(folder).as_posix())
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return path

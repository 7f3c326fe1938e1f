"""What lies in a volume for people: names of files, the list of pages, the READ ME."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import PurePosixPath

from catalog.volumes import PagePlace
from flows.parts import Parts
from storage.bags import Packed

_UNFIT = re.compile(r"[^\w.-]+")
_COLUMNS = (
    "客户编号 customer number",
    "客户姓名 customer",
    "流水号 serial number",
    "业务 business",
    "金额 amount",
    "业务日期 day",
    "营业部 branch",
    "资料类型 document type",
    "状态 state",
    "文件 file",
    "SHA-256",
)


def file_of(key: str, sha256: str, places: Sequence[PagePlace]) -> PurePosixPath:
    """Name an object's file so that a person finds it: pages by day, branch and voucher, all else by key."""
    if not places:
        return PurePosixPath("objects") / key
    place = places[0]
    called = place.booked.serial_no if place.booked else PurePosixPath(place.name).stem
    stem = _UNFIT.sub("_", called)[:60] or "page"
    name = f"{stem}-{sha256[:8]}{place.suffix}"
    return PurePosixPath("pages") / place.day.isoformat() / _UNFIT.sub("_", place.branch) / name


def pages_csv(places: Mapping[str, Sequence[PagePlace]], packed: Sequence[Packed]) -> bytes:
    """The list of the volume's pages, by customer number (CG-17.1a), for a text editor or a spreadsheet."""
    rows = []
    for one in packed:
        for place in places.get(one.sha256, ()):
            booked = place.booked
            rows.append(
                (
                    booked.customer_no if booked else "",
                    booked.customer_name if booked else "",
                    booked.serial_no if booked else "",
                    booked.business_name if booked else "",
                    str(booked.amount) if booked and booked.amount is not None else "",
                    place.day.isoformat(),
                    place.branch,
                    place.document_type or "",
                    place.state,
                    f"data/{one.file}",
                    one.sha256,
                )
            )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(sorted(rows))
    return text.getvalue().encode("utf-8-sig")  # the mark tells spreadsheets that it is UTF-8


def about(parts: Parts, name: str) -> dict[str, str]:
    """Return what bag-info.txt says of a volume."""
    return {
        "Source-Organization": parts.settings.institution,
        "External-Identifier": name,
        "External-Description": "Scanned vouchers and the catalog's own entries 凭证影像及目录",
        "Bag-Software-Agent": "Paperproof",
    }


def read_me() -> bytes:
    """Return what every volume says of itself, in Chinese and English."""
    return (files("flows") / "volume_readme.txt").read_bytes()

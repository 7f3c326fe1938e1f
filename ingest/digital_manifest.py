"""The manifest of a born-digital package: whose it is, and every file with size and SHA-256.

``package.json`` is one object, ``package.csv`` one line for each file, the package's own values in each; both
in UTF-8, with the same names (docs/digital.md).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError

from pipeline.content import Content
from pipeline.digital import Origin
from pipeline.errors import UserError
from pipeline.language import say

JSON_NAME, CSV_NAME = "package.json", "package.csv"
MANIFESTS = (JSON_NAME, CSV_NAME)
_OF_FILES = ("name", "document_type", "sha256", "bytes", "captured_at", "disc", "server")
_Number = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
_Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,31}$")]
_Place = Annotated[str, Field(max_length=500)]
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)
_ODD = re.compile(r"[\\\x00-\x1f\x7f:]")


@dataclass(frozen=True)
class ToldFile:
    """A file as the manifest tells of it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: Annotated[str, Field(min_length=1, max_length=200)]
    document_type: _Code
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(gt=0)]
    captured_at: AwareDatetime | None = None
    disc: _Place = ""
    """Disc on which it was burnt."""
    server: _Place = ""
    """Its place on the file server."""


@dataclass(frozen=True)
class Manifest:
    """A package as its sender tells of it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    package: _Number
    origin: Origin
    branch: _Code
    business_date: date
    serial_no: _Code
    customer_no: _Number
    made_at: AwareDatetime
    files: Annotated[tuple[ToldFile, ...], Field(min_length=1)]


_MANIFEST = Content(Manifest)


def read_manifest(name: str, content: bytes) -> Manifest:
    """Read a manifest; raises UserError that names the first value which does not hold."""
    try:
        text = content.decode("utf-8-sig")
        is_csv = name == CSV_NAME
        manifest = _MANIFEST.load(_from_csv(text)) if is_csv else _MANIFEST.load_text(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or name
        raise _unfit(name, f"{place}: {first['msg']}") from error
    except (ValueError, csv.Error) as error:
        raise _unfit(name, str(error)) from error
    _must_name_files(name, manifest)
    return manifest


def is_safe(name: str) -> bool:
    """Whether a name stays below the folder that it is meant for, on every system."""
    parts = name.split("/")
    return not _ODD.search(name) and all(part not in ("", ".", "..") for part in parts)


def _from_csv(text: str) -> dict[str, Any]:
    """The object that the lines of a CSV make; raises ValueError where they are of several packages."""
    table = csv.DictReader(io.StringIO(text), strict=True)
    rows = [{key: value for key, value in row.items() if value not in ("", None)} for row in table]
    if not rows:
        raise ValueError("it has no lines")
    if any(None in row for row in rows):
        raise ValueError("a line has more values than the first")
    heads = [{key: value for key, value in row.items() if key not in _OF_FILES} for row in rows]
    if any(head != heads[0] for head in heads):
        raise ValueError("its lines are of several packages")
    files = [{key: row[key] for key in _OF_FILES if key in row} for row in rows]
    return {**heads[0], "files": files}


def _must_name_files(name: str, manifest: Manifest) -> None:
    names = [one.name for one in manifest.files]
    for one in names:
        if not is_safe(one):
            raise _unfit(name, f"{one!r} leads out of the package")
        if one in MANIFESTS:
            raise _unfit(name, f"{one} is the manifest itself")
    folded = [one.casefold() for one in names]
    digests = [one.sha256 for one in manifest.files]
    for listed in (folded, digests):
        twice = next((one for one in listed if listed.count(one) > 1), None)
        if twice:
            raise _unfit(name, f"{twice[:64]} stands there twice")


def _unfit(name: str, why: str) -> UserError:
    return UserError(
        say(
            "The manifest {name} does not hold ({why}); have the sender make the package again.",
            name=name,
            why=why[:300],
        )
    )


def today_or_before(moment: datetime | date, now: datetime) -> bool:
    """Whether a date of a package has come; a sender's clock may be some minutes ahead, not a day."""
    day = moment.date() if isinstance(moment, datetime) else moment
    return day <= now.date()

"""A born-digital package held against its own manifest, file by file; whole, or refused with every fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from ingest.digital_manifest import (
    MANIFESTS,
    Manifest,
    ToldFile,
    is_safe,
    read_manifest,
    today_or_before,
)
from ingest.digital_source import BAG, Source
from ingest.inbox import copy_to_spool
from pipeline.digital_rules import DigitalRules
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.media import HEAD, Format

_PIECE = 1 << 20
_MANIFEST_LIMIT = 1 << 20
_PAYLOAD = "data/"
_BAG_MANIFEST = "manifest-sha256.txt"
_BAG_TAGS = (BAG, "bag-info.txt", _BAG_MANIFEST, "tagmanifest-sha256.txt")
_SHOWN = 3

Recognise = Callable[[bytes, str], Format | None]
"""(first bytes, name) -> what the sandbox takes a file for."""


@dataclass(frozen=True)
class ProvedFile:
    """A file whose bytes are those that the manifest tells, in the spool."""

    told: ToldFile
    spooled: Path
    format: Format


def manifest_of(source: Source, rules: DigitalRules) -> tuple[Manifest, str]:
    """Read a package's manifest; give it and the folder below which its files lie ("data/" in a bag).

    Raises UserError where there is none or it does not hold; no file of the package is read yet.
    """
    below = _PAYLOAD if BAG in source.names else ""
    found = [name for name in MANIFESTS if below + name in source.names]
    if len(found) != 1:
        raise UserError(
            say("The package has no package.json or package.csv, or both; have it made again.")
        )
    manifest = read_manifest(found[0], _small(source, below + found[0]))
    total = sum(one.bytes for one in manifest.files)
    largest = max(one.bytes for one in manifest.files)
    if (
        len(manifest.files) > rules.package_files
        or largest > rules.file_mb << 20
        or total > rules.package_mb << 20
    ):
        raise UserError(
            say(
                "The package is larger than [digital] allows: {files} files, {size} MB.",
                files=len(manifest.files),
                size=total >> 20,
            )
        )
    return manifest, below


def dated_well(manifest: Manifest, now: datetime, born: date | None) -> None:
    """Raise UserError where a date of the package has not come yet, or lies before the customer's birth."""
    dates = [manifest.business_date, manifest.made_at.astimezone(now.tzinfo)]
    dates += [one.captured_at.astimezone(now.tzinfo) for one in manifest.files if one.captured_at]
    late = next((one for one in dates if not today_or_before(one, now)), None)
    if late:
        raise UserError(
            say("The package is dated {day}, which has not come yet.", day=f"{late:%Y-%m-%d}")
        )
    early = min(f"{one:%Y-%m-%d}" for one in dates)
    if born and early < f"{born:%Y-%m-%d}":
        raise UserError(
            say(
                "The package is dated {day}, before its customer was born; have the sender put its clock "
                "right and make it again.",
                day=early,
            )
        )


def prove(
    source: Source, manifest: Manifest, below: str, spool: Path, recognise: Recognise
) -> tuple[ProvedFile, ...]:
    """Copy every file into the spool and hold it against the manifest; raises UserError naming the faults.

    What the manifest does not list, the package may not hold.
    """
    faults = [*_strangers(source, manifest, below), *_bag_faults(source, below, manifest)]
    proved = []
    for one in manifest.files:
        if below + one.name not in source.names:
            faults.append(say("{name} is missing", name=one.name))
            continue
        spooled, sha256 = copy_to_spool(_pieces(source, below, one), spool, one.name)
        if spooled.stat().st_size != one.bytes:
            faults.append(say("{name} is not as long as listed: cut off or longer", name=one.name))
        elif sha256 != one.sha256:
            faults.append(say("{name} has other bytes than listed", name=one.name))
        elif (form := recognise(_head(spooled), one.name)) is None:
            faults.append(say("{name} is of no format that is kept", name=one.name))
        else:
            proved.append(ProvedFile(one, spooled, form))
    if faults:
        raise UserError(
            say(
                "Nothing of the package is taken in, {count} faults: {faults}.",
                count=len(faults),
                faults=_listed(faults),
            )
        )
    return tuple(proved)


def _listed(faults: list[Message]) -> Message:
    """The first faults in one line."""
    told = faults[0]
    for one in faults[1:_SHOWN]:
        told = say("{first}; {second}", first=told, second=one)
    return say("{faults}; and more", faults=told) if len(faults) > _SHOWN else told


def _strangers(source: Source, manifest: Manifest, below: str) -> Iterator[Message]:
    listed = {below + one.name for one in manifest.files} | {below + one for one in MANIFESTS}
    tags = set(_BAG_TAGS) if below else set()
    for name in sorted(source.names.keys() - listed - tags):
        yield say("{name} is not listed", name=repr(name[:100]))


def _bag_faults(source: Source, below: str, manifest: Manifest) -> Iterator[Message]:
    """Hold the bag's own manifest (RFC 8493) against the package's: both must tell the same digests."""
    if not below:
        return
    told = _bag_digests(source)
    for one in manifest.files:
        if told.get(below + one.name) != one.sha256:
            yield say("{name} has another digest in the bag's manifest", name=one.name)
    listed = {below + one.name for one in manifest.files} | {below + one for one in MANIFESTS}
    for name in sorted(told.keys() - listed):
        yield say("{name} is in the bag's manifest only", name=repr(name[:100]))


def _bag_digests(source: Source) -> Mapping[str, str]:
    if _BAG_MANIFEST not in source.names:
        raise UserError(say("The bag has no manifest-sha256.txt; have it made again."))
    found = {}
    for line in _small(source, _BAG_MANIFEST).decode("utf-8", errors="replace").splitlines():
        digest, _, name = line.partition(" ")
        name = name.lstrip(" *")
        if name and is_safe(name):
            found[name] = digest.lower()
    return found


def _pieces(source: Source, below: str, told: ToldFile) -> Iterator[bytes]:
    """Read no further than one byte beyond what was told, whatever the place holds."""
    left = told.bytes + 1
    with source.open(below + told.name) as file:
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _small(source: Source, name: str) -> bytes:
    with source.open(name) as file:
        content = file.read(_MANIFEST_LIMIT + 1)
    if len(content) > _MANIFEST_LIMIT:
        raise UserError(say("{name} is larger than a manifest is.", name=name))
    return content

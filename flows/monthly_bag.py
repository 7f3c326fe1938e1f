"""A month's package for headquarters: a BagIt 1.0 package (RFC 8493) that lies file by file in a store."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import PurePosixPath

from catalog.volumes import PagePlace
from flows.progress import Progress
from flows.volume_files import file_of, pages_csv
from pipeline.content import Content
from pipeline.digital import FiledPackage
from pipeline.errors import StoreError
from pipeline.language import say
from pipeline.monthly import PackageIndex, PackedFile
from storage.bags import Packed
from storage.store import NoteKind, Store, digest, digital_key, note_key, object_key

INDEX = Content(PackageIndex)
_PAYLOAD = "data/"


def index_of(
    name: tuple[str, str, int],
    about: tuple[str, str],
    byte_counts: Mapping[str, int],
    places: Mapping[str, Sequence[PagePlace]],
    digital: Sequence[FiledPackage] = (),
    files: Collection[str] = (),
) -> PackageIndex:
    """Say what a package will hold; ``name``: branch, month, number; ``about``: institution, day.

    ``digital``: born-digital packages, of which the ``files`` (SHA-256) go with this one, and their notes.
    """
    packed = []
    for sha256, count in sorted(byte_counts.items()):
        key = object_key(sha256)
        packed.append(Packed(key, file_of(key, sha256, places.get(sha256, ())), sha256, count))
    pages = [PackedFile(f"{_PAYLOAD}{one.file}", one.sha256, one.byte_count) for one in packed]
    born = _born_digital(digital, files)
    listed = [
        Packed(one.key, PurePosixPath(one.path.removeprefix(_PAYLOAD)), one.sha256, one.byte_count)
        for one in born
    ]
    return PackageIndex(
        *name, *about, (*pages, *born), pages_csv(places, [*packed, *listed]).decode("utf-8-sig")
    )


def _born_digital(
    packages: Sequence[FiledPackage], files: Collection[str]
) -> tuple[PackedFile, ...]:
    """Each of the files once, by day and package, and the note of every package that brings one."""
    left, found = set(files), []
    for one in (filed.package for filed in packages):
        folder = f"{_PAYLOAD}digital/{one.day}/{one.number}"
        own = [file for file in one.files if file.sha256 in left]
        for file in own:
            if file.sha256 in left:
                key = digital_key(file.sha256)
                path = f"{folder}/{file.name}"
                found.append(PackedFile(path, file.sha256, file.byte_count, key))
                left.discard(file.sha256)
        if own:
            sha256, count = digest(one.note), len(one.note)
            key = note_key(NoteKind.PACKAGE, sha256)
            found.append(PackedFile(f"{folder}.json", sha256, count, key))
    return tuple(found)


def written(index: PackageIndex) -> dict[str, bytes]:
    """Return every file of a package but its pages, in the order in which they are sent.

    The tag manifest comes last: a package without it was cut off.
    """
    payload = {
        f"{_PAYLOAD}index/pages.csv": index.pages_csv.encode("utf-8-sig"),
        f"{_PAYLOAD}READ ME 说明.txt": (resources("flows") / "monthly_readme.txt").read_bytes(),
    }
    counts = [len(content) for content in payload.values()]
    counts += [one.byte_count for one in index.pages]
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": _info(index, counts).encode(),
        "manifest-sha256.txt": _manifest(
            {one.path: one.sha256 for one in index.pages}
            | {path: digest(content) for path, content in payload.items()}
        ),
    }
    last = {"tagmanifest-sha256.txt": _manifest({k: digest(v) for k, v in tags.items()})}
    return payload | tags | last


def _info(index: PackageIndex, byte_counts: Sequence[int]) -> str:
    return (
        f"Source-Organization: {index.institution}\n"
        f"External-Identifier: {index.name}\n"
        f"Bagging-Date: {index.made_on}\n"
        f"Payload-Oxum: {sum(byte_counts)}.{len(byte_counts)}\n"
        f"Bag-Group-Identifier: {index.branch}/{index.month}\n"
        "Bag-Software-Agent: Paperproof\n"
    )


def _manifest(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(digests.items())).encode()


@dataclass(frozen=True)
class Arrived:
    """What reading a package in its store gave."""

    files: int
    byte_count: int
    faults: tuple[str, ...]
    """One line for each file that is missing, changed or too many; in English, as BagIt's tools say."""


def read_back(store: Store, index: PackageIndex, progress: Progress) -> Arrived:
    """Read a package in full and hold it against its index."""
    wanted = {one.path: one.sha256 for one in index.pages}
    wanted |= {path: digest(content) for path, content in written(index).items()}
    prefix = f"{index.name}/"
    there = {key.removeprefix(prefix) for key in store.iter_keys(prefix)}
    faults = {path: "does not belong here" for path in there - wanted.keys()}
    byte_count = 0
    progress.total(len(wanted))
    for path, sha256 in wanted.items():
        progress.step(say("read {name}", name=path))
        if path not in there:
            faults[path] = "missing"
            continue
        try:
            found, count = stored_digest(store, prefix + path)
        except StoreError as error:
            faults[path] = f"cannot be read ({error.message.in_language('en')})"
            continue
        byte_count += count
        if found != sha256:
            faults[path] = "other bytes than were sent"
    told = tuple(f"{path}: {fault}" for path, fault in sorted(faults.items()))
    return Arrived(len(wanted), byte_count, told)


def stored_digest(store: Store, key: str) -> tuple[str, int]:
    """Read an object in pieces; give its SHA-256 and how many bytes it has."""
    running, count = hashlib.sha256(), 0
    with store.open(key) as opened:
        for piece in opened.chunks():
            running.update(piece)
            count += len(piece)
    return running.hexdigest(), count

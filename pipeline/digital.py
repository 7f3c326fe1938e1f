"""Born-digital packages: what the online systems make in place of paper, and films of witnessed business.

They stand on the electronic side of the reconciliation (CG-13c) and are never missing paper.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from pipeline.language import Message, say
from pipeline.media import Format
from pipeline.model import identity
from pipeline.tasks.planning import Planned
from pipeline.tasks.states import ActKind, CaptureTask, Medium, TaskState


class Origin(StrEnum):
    """The system that made a package; a row's channel has the same word."""

    ONLINE_OPEN = "online_open"
    ONLINE_HALL = "online_hall"
    WITNESS = "witness"


ORIGINS: Mapping[Origin, Message] = {
    Origin.ONLINE_OPEN: say("online account opening"),
    Origin.ONLINE_HALL: say("online business hall"),
    Origin.WITNESS: say("witnessed business"),
}


class PlaceKind(StrEnum):
    """Where else than in the stores a file is kept (CG-06c)."""

    DISC = "disc"
    SERVER = "server"


PLACE_KINDS: Mapping[PlaceKind, Message] = {
    PlaceKind.DISC: say("disc"),
    PlaceKind.SERVER: say("file server"),
}


@dataclass(frozen=True)
class DigitalFile:
    """One file of a package, as it was proved."""

    name: str
    """Its path in the package, with "/" between parts."""
    document_type: str
    sha256: str
    byte_count: int
    format: Format
    captured_at: datetime | None


@dataclass(frozen=True)
class FilePlace:
    """That a file also lies on a disc or a file server, as somebody entered it."""

    file_no: int
    kind: PlaceKind
    place: str
    person: str
    at: datetime


@dataclass(frozen=True)
class DigitalPackage:
    """A package and whose it is; never changed."""

    number: str
    """The sending system's own."""
    origin: Origin
    branch: str
    day: date
    serial_no: str
    customer_no: str
    made_at: datetime
    files: tuple[DigitalFile, ...]

    @property
    def id(self) -> str:
        """Its identity: it depends on no clock (rule R8)."""
        return identity(self.origin, self.number)

    @property
    def note(self) -> bytes:
        """All that is known of it, as an object of its own: the same bytes each time (R4, R8)."""
        told = {
            "package": self.number,
            "origin": self.origin,
            "branch": self.branch,
            "day": self.day.isoformat(),
            "serial_no": self.serial_no,
            "customer_no": self.customer_no,
            "made_at": self.made_at.astimezone(UTC).isoformat(),
            "files": [
                {
                    "name": one.name,
                    "document_type": one.document_type,
                    "sha256": one.sha256,
                    "bytes": one.byte_count,
                    "format": one.format,
                    "captured_at": one.captured_at and one.captured_at.astimezone(UTC).isoformat(),
                }
                for one in self.files
            ],
        }
        return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


@dataclass(frozen=True)
class FiledPackage:
    """A package that is in the archive."""

    package: DigitalPackage
    person: str
    """Who took it in."""
    at: datetime
    places: tuple[FilePlace, ...] = ()

    def place(self, file_no: int, kind: PlaceKind) -> str:
        """The disc or server of a file, as it was entered last; empty: none."""
        found = [one.place for one in self.places if (one.file_no, one.kind) == (file_no, kind)]
        return found[-1] if found else ""

    @property
    def films(self) -> tuple[tuple[int, DigitalFile], ...]:
        """Its films, each with its number in the package."""
        numbered = enumerate(self.package.files, start=1)
        return tuple((no, one) for no, one in numbered if one.format.is_video)

    @property
    def films_lacking_a_place(self) -> tuple[tuple[int, DigitalFile], ...]:
        """Films that are not known to be on a disc and on the file server (CG-06c)."""
        return tuple(
            (no, one)
            for no, one in self.films
            if not all(self.place(no, kind) for kind in PlaceKind)
        )


def delivered(
    tasks: Iterable[CaptureTask], packages: Sequence[DigitalPackage]
) -> Iterator[Planned]:
    """Give the acts by which packages satisfy the electronic tasks of their transactions (CG-13c)."""
    held: dict[tuple[str, str], tuple[DigitalPackage, list[str]]] = {}
    for package in packages:
        for one in package.files:
            key = (package.serial_no, one.document_type)
            held.setdefault(key, (package, []))[1].append(one.sha256)
    for task in tasks:
        key = (task.serial_no, task.document_type)
        waits = task.state is TaskState.PENDING and task.standing.medium is Medium.ELECTRONIC
        if waits and key in held:
            package, files = held[key]
            yield Planned(*key, ActKind.DELIVERED, {"package": package.number, "files": files})

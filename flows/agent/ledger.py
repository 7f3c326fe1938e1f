"""What an agent knows of its files: entries on the station's disk, each synced in a file of its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from ingest.inbox import ClaimedFile
from pipeline.model import identity
from storage.disk import make_folder, sync_folder, write_part

_KEPT = timedelta(days=7)
"""So long it is remembered what became of a file."""


class State(StrEnum):
    """How far a file is, as the station knows."""

    WAITING = "waiting"
    SENT = "sent"
    ARCHIVED = "archived"
    REFUSED = "refused"


@dataclass(frozen=True)
class Entry:
    """One file of the scanner's inbox."""

    name: str
    source: str
    """Its path below the inbox as the system has it; names need not be text."""
    sha256: str
    byte_count: int
    mark: tuple[int, int, int]
    branch: str
    station: str
    day: date
    batch: str
    noted_at: datetime
    number: int
    """Files are sent in the order in which they were noted."""
    state: State = State.WAITING
    reason: str = ""

    @property
    def id(self) -> str:
        """The same file of the same batch is one entry, however often it is noted."""
        return identity(self.branch, self.station, self.day, self.batch, self.name, self.sha256)

    def claimed(self, folder: Path, spool: Path) -> ClaimedFile:
        """The file as it was claimed."""
        path = folder / self.source
        return ClaimedFile(
            self.name, path, spool / self.sha256, self.sha256, self.byte_count, self.mark
        )


@dataclass(frozen=True)
class Ledger:
    """The agent's folder."""

    folder: Path

    def prepare(self) -> None:
        """Make the folders: customers' papers, for their owner alone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (self.spool, self._entries, self.quarantine, self._ended):
            make_folder(path)

    @property
    def spool(self) -> Path:
        """First copies, by SHA-256."""
        return self.folder / "spool"

    @property
    def quarantine(self) -> Path:
        """Files that headquarters refused, each with its reason beside it."""
        return self.folder / "quarantine"

    @property
    def _entries(self) -> Path:
        return self.folder / "entries"

    @property
    def _ended(self) -> Path:
        return self.folder / "ended"

    @property
    def agent(self) -> str:
        """The agent's own identity, drawn once."""
        path = self.folder / "agent"
        with suppress(FileNotFoundError):
            return path.read_text("ascii").strip()
        self._put(path, secrets.token_hex(16))
        return path.read_text("ascii").strip()

    def open(self) -> list[Entry]:
        """Give the files of which headquarters has not said yet what became of them, in their order."""
        return sorted(_entries_of(self._entries), key=lambda one: one.number)

    def keep(self, entry: Entry) -> None:
        """Enter a file, or how far it is now."""
        self._put(self._entries / f"{entry.id}.json", json.dumps(_as_json(entry)))

    def forget(self, entry: Entry) -> None:
        """Take out an entry whose copy is no good; the inbox has the file still."""
        (self._entries / f"{entry.id}.json").unlink(missing_ok=True)
        (self.spool / entry.sha256).unlink(missing_ok=True)

    def end(self, entry: Entry) -> None:
        """Enter what became of a file; its spooled copy goes with ``clear_spool``."""
        self._put(self._ended / f"{entry.id}.json", json.dumps(_as_json(entry)))
        (self._entries / f"{entry.id}.json").unlink(missing_ok=True)

    def clear_spool(self) -> None:
        """Remove the copies that no open entry has: once for all that ended: it reads all entries."""
        needed = {one.sha256 for one in _entries_of(self._entries)}
        for copy in self.spool.iterdir():
            if copy.name not in needed:
                copy.unlink(missing_ok=True)

    def set_aside(self, entry: Entry) -> Path:
        """Put a refused file into quarantine with its reason; returns its place there."""
        place = self.quarantine / f"{entry.id[:16]}-{Path(entry.name).name}"
        copy = self.spool / entry.sha256
        if copy.exists():
            write_part(self.quarantine, (copy.read_bytes(),)).replace(place)
        told = json.dumps(_as_json(entry), ensure_ascii=False, indent=1)
        self._put(place.with_name(place.name + ".json"), told)
        return place

    def ended(self) -> list[Entry]:
        """Give the files that were archived or refused lately, the oldest first."""
        return sorted(_entries_of(self._ended), key=lambda one: (one.noted_at, one.number))

    def refused(self) -> int:
        """Count the files in quarantine."""
        return sum(1 for _ in self.quarantine.glob("*.json"))

    def sweep(self, now: datetime) -> None:
        """Forget what ended long ago; what is refused stays in quarantine."""
        for one in self.ended():
            if now - one.noted_at > _KEPT:
                (self._ended / f"{one.id}.json").unlink(missing_ok=True)

    def tell(self, told: dict[str, Any]) -> None:
        """Keep what status shows beside the files: the last round and its trouble."""
        self._put(self.folder / "last.json", json.dumps(told, ensure_ascii=False))

    def purged(self, who: str, at: datetime, digests: Sequence[str]) -> None:
        """Write down which archived files are removed from the station; kept for good."""
        folder = self.folder / "purged"
        make_folder(folder)
        told = {
            "at": at.isoformat(),
            "person": who,
            "files": len(digests),
            "digests": list(digests),
        }
        self._put(folder / f"{at:%Y%m%dT%H%M%S%f}.json", json.dumps(told, ensure_ascii=False))

    def told(self) -> dict[str, Any]:
        """Give what the last round left."""
        with suppress(FileNotFoundError, ValueError):
            told: dict[str, Any] = json.loads((self.folder / "last.json").read_text("utf-8"))
            return told
        return {}

    def _put(self, path: Path, text: str) -> None:
        write_part(path.parent, (text.encode("utf-8"),)).replace(path)
        sync_folder(path.parent)


def _entries_of(folder: Path) -> Iterator[Entry]:
    with suppress(FileNotFoundError):
        for path in folder.glob("*.json"):
            with suppress(FileNotFoundError):
                yield _read(json.loads(path.read_text("utf-8")))


def _as_json(entry: Entry) -> dict[str, Any]:
    told = asdict(entry)
    return {**told, "day": entry.day.isoformat(), "noted_at": entry.noted_at.isoformat()}


def _read(told: dict[str, Any]) -> Entry:
    return Entry(
        **{
            **told,
            "mark": tuple(told["mark"]),
            "day": date.fromisoformat(told["day"]),
            "noted_at": datetime.fromisoformat(told["noted_at"]),
            "state": State(told["state"]),
        }
    )

"""Restore drills: what was brought back, how long it took, and the signature under it (CG-17.2c, B1-24)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select

from catalog.log import append
from catalog.tables import drill
from pipeline.signature import KnownKeys, Signature, Verdict


@dataclass(frozen=True)
class Drill:
    """One drill that came to its end."""

    at: datetime
    who: str
    source: str
    """The copy that everything was restored from, as it is called in English."""
    compared: bool
    """Whether every byte was compared with another copy besides."""
    objects: int
    byte_count: int
    rows: int
    """Rows of the catalog that was rebuilt."""
    faults: tuple[str, ...]
    seconds: float
    """How long restoring took (RTO)."""
    behind_seconds: float
    """How old the catalog in the stores was when acts were waiting to be bundled (RPO)."""
    signature: Signature | None = None

    @property
    def passed(self) -> bool:
        """Whether everything came back."""
        return not self.faults

    def content(self) -> bytes:
        """The bytes that are signed: all but the signature, as canonical JSON."""
        values = {k: v for k, v in vars(self).items() if k != "signature"}
        values["at"] = self.at.astimezone(UTC).isoformat()
        return json.dumps(
            values, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    def verdict(self, keys: KnownKeys) -> Verdict:
        """Judge the signature under what stands here, with the keys that are known to be ours."""
        return keys.judge(self.signature, self.content(), self.at)

    def note(self) -> bytes:
        """The record with its signature, as it is kept in the stores."""
        told = {"record": self.content().decode(), "signature": vars(self.signature)}
        return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


class Drills:
    """Keeps drills; each with its log line in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, done: Drill) -> None:
        """Enter a drill."""
        signature = done.signature or Signature("", "")
        values = {
            "at": done.at,
            "record": done.content().decode(),
            "signature": signature.value,
            "public_key": signature.public_key,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(drill).values(values))
            append(connection, done.who, "drill", done.source, passed=done.passed)

    def all(self) -> tuple[Drill, ...]:
        """Give all drills, the newest first."""
        query = select(drill).order_by(drill.c.at.desc(), drill.c.id.desc())
        with self._engine.connect() as connection:
            return tuple(
                _drill(row.record, Signature(row.signature, row.public_key))
                for row in connection.execute(query)
            )

    def last(self) -> Drill | None:
        """Give the newest drill."""
        return next(iter(self.all()), None)


def _drill(record: str, signature: Signature) -> Drill:
    values = json.loads(record)
    values["at"] = datetime.fromisoformat(values["at"])
    values["faults"] = tuple(values["faults"])
    return Drill(**values, signature=signature)

"""Whether the log is what it was: entries and checkpoints as stores hold them, held against one another.

Works from the objects alone. An object of entries holds whole entries, a line each, one after the other; two
objects may tell of the same entries when they agree. Found are entries that were changed, taken away, put
elsewhere, chained anew or cut off; not found is what was done to entries behind the last checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise

from pipeline.audit.entry import FIRST, Entry
from pipeline.audit.note import Checkpoint, LogKey
from pipeline.language import Message, say
from pipeline.merkle import Frontier, leaf


class Kind(StrEnum):
    """What an object of the log is; the suffix of its key."""

    ENTRIES = "jsonl"
    CHECKPOINT = "checkpoint"


class Tampering(StrEnum):
    """What was done to the log."""

    CHANGED = "changed"
    MISSING = "missing"
    ORDER = "reordered"
    CHAIN = "re-chained"
    TWICE = "told twice"
    CUT = "cut"
    UNSIGNED = "unsigned"


@dataclass(frozen=True)
class Held:
    """A version of an object as a store gave it."""

    key: str
    sha256: str
    """As its key says."""
    kind: Kind
    content: bytes | None
    """None: it was deleted, or cannot be read."""


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was."""

    kind: Tampering
    message: Message


@dataclass(frozen=True)
class Proved:
    """What a log proves, and every fault of it."""

    leaves: tuple[bytes, ...]
    """The hash of each entry as a leaf, up to the first that is missing."""
    last: str
    """SHA-256 of the body of the last of them."""
    newest: Checkpoint | None
    """The largest checkpoint that holds; None: there is none."""
    faults: tuple[Fault, ...]

    @property
    def size(self) -> int:
        """Entries that a checkpoint proves."""
        return self.newest.size if self.newest else 0

    @property
    def unproved(self) -> int:
        """Entries behind the last checkpoint: the window in which the log can be rewritten unseen."""
        return len(self.leaves) - self.size


@dataclass(frozen=True)
class _Span:
    """The entries of one object, which follow one another."""

    key: str
    first: int
    prev: str
    """What its first entry names as the one before."""
    last: str
    leaves: tuple[bytes, ...]


@dataclass
class Prover:
    """Takes all objects of a log in any order, then tells what they prove; 32 bytes an entry are kept."""

    key: LogKey
    _spans: list[_Span] = field(default_factory=list)
    _checkpoints: list[Checkpoint] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)

    def take(self, held: Held) -> None:
        """Take one version of one object."""
        if held.content is None:
            self._tell(Tampering.MISSING, say("{key} was deleted or is unreadable.", key=held.key))
        elif sha256(held.content).hexdigest() != held.sha256:
            self._tell(
                Tampering.CHANGED,
                say("{key} holds other bytes than it was stored with.", key=held.key),
            )
        elif held.kind is Kind.ENTRIES:
            self._take_entries(held.key, held.content)
        elif (checkpoint := self.key.opened(held.content)) is None:
            self._tell(
                Tampering.UNSIGNED,
                say(
                    "{key} is no checkpoint that the key {name} signed.",
                    key=held.key,
                    name=self.key,
                ),
            )
        else:
            self._checkpoints.append(checkpoint)

    def take_known(self, checkpoint: Checkpoint) -> None:
        """Take a checkpoint that was kept elsewhere: on paper, by a witness, by the signer."""
        self._checkpoints.append(checkpoint)

    def proved(self) -> Proved:
        """Put everything together."""
        leaves, last = self._joined()
        newest = self._newest(leaves)
        if leaves and newest is None:
            self._tell(
                Tampering.UNSIGNED,
                say("No checkpoint proves any entry; none was signed, or all are gone."),
            )
        return Proved(tuple(leaves), last, newest, tuple(dict.fromkeys(self._faults)))

    def _tell(self, kind: Tampering, message: Message) -> None:
        self._faults.append(Fault(kind, message))

    def _take_entries(self, key: str, content: bytes) -> None:
        *lines, end = content.split(b"\n")
        try:
            entries = [Entry.read(line) for line in lines]
            if end or not entries:
                raise ValueError("not whole lines")
        except ValueError:
            self._tell(Tampering.CHANGED, say("{key} holds what is no entry of the log.", key=key))
            return
        for before, entry in pairwise(entries):
            if entry.seq != before.seq + 1:
                self._tell(
                    Tampering.ORDER,
                    say(
                        "Entry {seq} stands behind entry {before} in {key}.",
                        seq=entry.seq,
                        before=before.seq,
                        key=key,
                    ),
                )
                return
            if entry.prev != before.sha256:
                self._tell(Tampering.CHAIN, _unchained(entry.seq))
        leaves = tuple(leaf(line) for line in lines)
        self._spans.append(_Span(key, entries[0].seq, entries[0].prev, entries[-1].sha256, leaves))

    def _joined(self) -> tuple[list[bytes], str]:
        """All entries in order, up to the first that is missing, and the SHA-256 of the last one's body."""
        leaves: list[bytes] = []
        last, whole = FIRST, True
        for span in sorted(self._spans, key=lambda one: (one.first, -len(one.leaves))):
            done = len(leaves) + 1 - span.first
            if span.first < 1 or done < 0:
                whole = whole and self._gap(len(leaves) + 1, span.first)
                continue
            shared = span.leaves[:done]
            if tuple(leaves[span.first - 1 : span.first - 1 + len(shared)]) != shared:
                self._tell(
                    Tampering.TWICE,
                    say(
                        "{key} tells entries from {seq} on otherwise than another object does.",
                        key=span.key,
                        seq=span.first,
                    ),
                )
                continue
            if not done and span.prev != last:
                self._tell(Tampering.CHAIN, _unchained(span.first))
            if len(span.leaves) > done:
                leaves += span.leaves[done:]
                last = span.last
        return leaves, last

    def _gap(self, wanted: int, found: int) -> bool:
        self._tell(
            Tampering.MISSING,
            say("Entries from {first} to {last} are missing.", first=wanted, last=found - 1),
        )
        return False

    def _newest(self, leaves: list[bytes]) -> Checkpoint | None:
        """Hold every checkpoint against the entries; give the largest that holds."""
        newest: Checkpoint | None = None
        frontier = Frontier()
        for one in sorted(set(self._checkpoints), key=lambda one: (one.size, one.root)):
            if one.size > len(leaves):
                self._tell(
                    Tampering.CUT,
                    say(
                        "{size} entries were signed, and only {found} are there in one piece.",
                        size=one.size,
                        found=len(leaves),
                    ),
                )
                break
            frontier = frontier.grown(leaves[frontier.size : one.size])
            if frontier.root != one.root:
                self._tell(
                    Tampering.CHANGED,
                    say(
                        "The first {size} entries are not those that were signed; the first {good} are.",
                        size=one.size,
                        good=newest.size if newest else 0,
                    ),
                )
                continue
            newest = one
        return newest


@dataclass(frozen=True)
class Row:
    """An entry as the catalog's database holds it."""

    seq: int
    prev: str
    body: str
    sha256: str


def against_rows(proved: Proved, rows: Iterable[Row]) -> tuple[tuple[Fault, ...], int]:
    """Hold the catalog's rows, in the order of their numbers, against the stores' entries.

    Returns the faults, and how many rows no object holds yet.
    """
    faults: list[Fault] = []
    wanted, prev = 1, FIRST
    for row in rows:
        if row.seq != wanted:
            faults.append(_absent(wanted, row.seq - 1))
        body = row.body.encode()
        digest = sha256(body).hexdigest()
        kept = proved.leaves[row.seq - 1] if 0 < row.seq <= len(proved.leaves) else None
        if (kept is not None and leaf(body) != kept) or row.sha256 != digest:
            faults.append(
                Fault(
                    Tampering.CHANGED,
                    say("Entry {seq} was changed in the catalog's database.", seq=row.seq),
                )
            )
        if row.prev != prev or not _tells(body, row.seq, row.prev):
            faults.append(Fault(Tampering.CHAIN, _unchained(row.seq)))
        wanted, prev = row.seq + 1, digest
    if wanted <= len(proved.leaves):
        faults.append(_absent(wanted, len(proved.leaves)))
    return tuple(faults), max(wanted - 1 - len(proved.leaves), 0)


def _tells(body: bytes, seq: int, prev: str) -> bool:
    try:
        entry = Entry.read(body)
    except ValueError:
        return False
    return (entry.seq, entry.prev) == (seq, prev)


def _absent(first: int, last: int) -> Fault:
    return Fault(
        Tampering.MISSING,
        say(
            "Entries from {first} to {last} are missing in the catalog's database.",
            first=first,
            last=last,
        ),
    )


def _unchained(seq: int) -> Message:
    return say("Entry {seq} does not follow from the one before it.", seq=seq)

"""Signing the log: entries into both stores, read back from there, and a checkpoint over them all.

Done by a process of its own, under the account of the audit administrator: it alone reads the key. It
remembers the tree it signed last and refuses a log that does not go on from it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path

from catalog.audit import Audit
from flows.log_reading import in_store, prove
from flows.parts import Parts
from flows.progress import Progress
from pipeline.audit.entry import FIRST, Entry
from pipeline.audit.note import Checkpoint, LogKey
from pipeline.audit.proving import Kind, Row
from pipeline.errors import PaperproofError, UserError
from pipeline.events import event
from pipeline.language import Message, say
from pipeline.merkle import Frontier, leaf
from pipeline.signature import Signer
from storage.store import digest, log_key
from storage.vault import Vault

STEPS = ("log_entries_kept", "log_signed", "log_checkpoint_kept", "log_checkpoint_entered")
"""The steps of signing, for tests that kill there."""

BUNDLE = 256
"""Entries in one object (C2SP tlog-tiles); objects end at its multiples, and at each checkpoint."""


class Refused(PaperproofError):
    """The log is not the one that was signed; nothing was signed."""


@dataclass(frozen=True)
class AuditKey:
    """The key that signs the log, with its public side and the name that both stand under."""

    signer: Signer
    public: LogKey

    @classmethod
    def of(cls, folder: Path, name: str) -> AuditKey:
        """Read the key; raises UserError when there is none."""
        if not key_file(folder).exists():
            raise UserError(
                say(
                    "There is no key to sign the log with; have the audit administrator run “paperproof "
                    "audit key make”."
                )
            )
        signer = Signer.of(key_file(folder))
        return cls(signer, LogKey(name, bytes.fromhex(signer.sign(b"").public_key)))


def key_file(folder: Path) -> Path:
    """The private key in the audit administrator's folder."""
    return folder / "key.pem"


def public_file(folder: Path) -> Path:
    """The public key in one line; a copy of it belongs on paper and with whoever verifies."""
    return folder / "key.pub"


def public_key(parts: Parts) -> LogKey | None:
    """The workspace's public key of the log; None while nobody signs it."""
    path = public_file(parts.workspace.audit(parts.settings))
    return LogKey.read(path.read_text("utf-8")) if path.exists() else None


@dataclass(frozen=True)
class Memory:
    """The tree that was signed last."""

    frontier: Frontier = field(default_factory=Frontier)
    last: str = FIRST
    """SHA-256 of the last entry's body."""

    @classmethod
    def read(cls, path: Path) -> Memory | None:
        """Read it from its file; None when there is none. Raises UserError when it is no memory."""
        try:
            told = json.loads(path.read_text("utf-8"))
            return cls(
                Frontier(told["size"], tuple(map(bytes.fromhex, told["roots"]))), told["last"]
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                say(
                    "{path} cannot be read; move it away: the next signing reads the stores' checkpoints.",
                    path=path,
                )
            ) from error

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        roots = [one.hex() for one in self.frontier.roots]
        told = {"size": self.frontier.size, "roots": roots, "last": self.last}
        part = path.with_name(f"{path.name}.part")
        with part.open("w", encoding="utf-8") as out:
            out.write(json.dumps(told))
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)


@dataclass(frozen=True)
class Signing:
    """The surroundings of signing."""

    log: Audit
    vault: Vault
    key: AuditKey
    folder: Path
    progress: Progress
    at: Callable[[str], None] = lambda _step: None

    @property
    def memory(self) -> Path:
        """Where the last signed tree is remembered."""
        return self.folder / "signed.json"


def sign(signing: Signing) -> Checkpoint | None:
    """Sign the log as it is now; None when no entry was added since. May be run again at any time.

    Raises Refused when the log does not go on from what was signed last.
    """
    remembered = Memory.read(signing.memory) or _from_stores(signing)
    _must_go_on(signing.log, remembered)
    memory, until = remembered, signing.log.size()
    signing.progress.total(until - memory.frontier.size)
    rows = signing.log.rows(memory.frontier.size, until)
    while some := list(islice(rows, BUNDLE - memory.frontier.size % BUNDLE)):
        memory = _kept(signing, memory, some)
    if memory == remembered and signing.memory.exists():
        return None
    if memory.frontier.size:
        _keep_checkpoint(signing, memory.frontier)
    memory.write(signing.memory)
    size, root = memory.frontier.size, memory.frontier.root
    return Checkpoint(signing.key.public.name, size, root) if size else None


def _kept(signing: Signing, memory: Memory, rows: Sequence[Row]) -> Memory:
    """Keep some entries in both stores; add to the tree what the stores give back."""
    content = b"".join(row.body.encode() + b"\n" for row in rows)
    _must_follow(memory, content)
    name = digest(content)
    signing.vault.keep_object(log_key(name, Kind.ENTRIES), content, name)
    signing.at("log_entries_kept")
    bodies = signing.vault.read_object(log_key(name, Kind.ENTRIES), name).split(b"\n")[:-1]
    for _ in bodies:
        signing.progress.step(say("kept {name}", name=name[:12]))
    return Memory(memory.frontier.grown(map(leaf, bodies)), sha256(bodies[-1]).hexdigest())


def _keep_checkpoint(signing: Signing, tree: Frontier) -> None:
    note = Checkpoint(signing.key.public.name, tree.size, tree.root).signed(signing.key.signer)
    signing.at("log_signed")
    name = digest(note)
    signing.vault.keep_object(log_key(name, Kind.CHECKPOINT), note, name)
    signing.at("log_checkpoint_kept")
    signing.log.enter_checkpoint(tree.size, name, note)
    signing.at("log_checkpoint_entered")
    event("log.signed", size=tree.size)


def _must_follow(memory: Memory, content: bytes) -> None:
    """Raise Refused unless these entries follow the last signed one and one another."""
    seq, prev = memory.frontier.size, memory.last
    for body in content.split(b"\n")[:-1]:
        seq += 1
        try:
            entry = Entry.read(body)
        except ValueError:
            raise Refused(_refusal(seq)) from None
        if (entry.seq, entry.prev) != (seq, prev):
            raise Refused(_refusal(seq))
        prev = entry.sha256


def _must_go_on(log: Audit, remembered: Memory) -> None:
    """Raise Refused unless the last signed entry still stands in the catalog as it was signed."""
    size = remembered.frontier.size
    if size == 0:
        return
    row = next(log.rows(size - 1, size), None)
    if row is None or sha256(row.body.encode()).hexdigest() != remembered.last:
        raise Refused(_refusal(size))


def _refusal(seq: int) -> Message:
    return say(
        "Entry {seq} of the log is not what was signed or does not follow from the one before; nothing is "
        "signed. Run “paperproof audit verify” and keep the database as it is.",
        seq=seq,
    )


def _from_stores(signing: Signing) -> Memory:
    """What was signed last, from the stores: a signer without memory begins there."""
    held = chain(in_store(signing.vault.primary), in_store(signing.vault.replica))
    found = list(held)
    if not any(one.kind is Kind.CHECKPOINT for one in found):
        return Memory()
    proved = prove(found, signing.key.public, (), signing.progress)
    if proved.faults:
        raise Refused(proved.faults[0].message)
    row = next(signing.log.rows(proved.size - 1, proved.size), None)
    if row is None or leaf(row.body.encode()) != proved.leaves[proved.size - 1]:
        raise Refused(_refusal(proved.size))
    tree = Frontier().grown(proved.leaves[: proved.size])
    return Memory(tree, sha256(row.body.encode()).hexdigest())

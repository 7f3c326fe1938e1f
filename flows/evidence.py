"""The evidence pack: all that is known of one transaction, in one signed file that needs no Paperproof."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from catalog.audit import Wanted
from catalog.dossier import Dossier
from catalog.log import LogEntry
from catalog.reports.evidence import Told, evidence_page
from flows.access import Guard
from flows.log_certificates import Certificates
from flows.parts import Parts
from flows.progress import Progress
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.audit.note import LogKey
from pipeline.errors import StoreError, UserError
from pipeline.language import Message, say
from pipeline.signature import Signer
from storage.store import Content, digest, digital_key
from storage.vault import Vault

MANIFEST, SIGNATURE, KEY = "manifest-sha256.txt", "manifest-sha256.txt.sig", "signing-key.pem"
_MOST_ENTRIES = 10_000
_PIECE = 1 << 20


@dataclass(frozen=True)
class Making:
    """The surroundings of one pack."""

    parts: Parts
    vault: Vault
    signer: Signer
    log_key: LogKey | None
    """The public key of the log; None while nobody signs it: then there are no certificates."""
    guard: Guard
    """Of whoever makes it."""
    purpose: str
    at: datetime
    progress: Progress

    @property
    def who(self) -> str:
        """Who makes it."""
        return self.guard.person.name


@dataclass(frozen=True)
class Made:
    """What a pack holds."""

    pages: int
    files: int
    """Files of born-digital packages."""
    entries: int
    certified: int
    sha256: str
    faults: tuple[Message, ...]
    """What could not be put into it; the pack says so too."""


def find_transaction(
    parts: Parts,
    serial_no: str,
    day: date | None = None,
    branch: str | None = None,
    places: Collection[str] | None = None,
) -> Dossier:
    """Gather one transaction's dossier; raises UserError unless just one has that serial number there.

    ``places``: the branches that may be looked at; None: all.
    """
    found = [
        one
        for one in parts.catalog.dossiers.transactions(serial_no, day, branch)
        if places is None or one["handling_branch"] in places
    ]
    if not found:
        raise UserError(
            say("No transaction {serial} is booked; look at its stream file.", serial=serial_no)
        )
    if len(found) > 1:
        raise UserError(
            say(
                "Several days or branches have a transaction {serial}; name --day and --branch too.",
                serial=serial_no,
            )
        )
    return parts.catalog.dossiers.of(found[0])


def make_evidence(making: Making, dossier: Dossier, out: Path) -> Made:
    """Write the pack, whole or not at all; that it was made, for whom and what for, stands in the log."""
    of = Subject(dossier.branch, dossier.transaction["customer_no"])
    pages = [one.sha256 for one in dossier.pages]
    making.guard.view(Act.EVIDENCE_MAKE, of, making.purpose, making.at, pages)
    part = out.with_name(f".{out.name}.part")
    entries = _entries(making.parts, dossier)
    digital = sum(len(one["files"]) for one in dossier.packages)
    making.progress.total(2 * len(dossier.pages) + digital + len(entries) + 1)
    pack = _Pack(making, dossier, entries, out.parent)
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in pack.files():
                _write(file, name, content)
        _sync(part)
        with part.open("rb") as whole:
            sha256 = file_digest(whole, "sha256").hexdigest()
        making.parts.catalog.audit.evidence_made(
            making.who, dossier.serial_no, sha256, making.purpose, dossier.branch
        )
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    counts = len(dossier.pages), digital, len(entries), len(pack.certified)
    return Made(*counts, sha256, tuple(pack.faults))


def _write(pack: zipfile.ZipFile, name: str, content: Content) -> None:
    """Put a file into the pack; one on disk, which may be a film, goes in pieces."""
    if isinstance(content, bytes):
        pack.writestr(zipfile.ZipInfo(name), content)
        return
    with (
        pack.open(zipfile.ZipInfo(name), "w", force_zip64=True) as into,
        content.open("rb") as file,
    ):
        shutil.copyfileobj(file, into, _PIECE)


class _Pack:
    """Gives the files of a pack one by one, the manifest and its signature last."""

    def __init__(
        self, making: Making, dossier: Dossier, entries: list[LogEntry], beside: Path
    ) -> None:
        self._beside = beside
        self._making, self._dossier, self._entries = making, dossier, entries
        self._digests: dict[str, str] = {}
        self._of_page: dict[str, list[str]] = {one.sha256: [] for one in dossier.pages}
        self.certified: set[int] = set()
        self.faults: list[Message] = []

    def files(self) -> Iterator[tuple[str, Content]]:
        """Yield name and content; a file on disk is there until the next one is asked for."""
        yield from self._packages()
        for name, content in self._content():
            self._digests[name] = digest(content)
            yield name, content
        manifest = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(self._digests.items()))
        yield MANIFEST, manifest.encode()
        signature = self._making.signer.sign(manifest.encode())
        yield SIGNATURE, bytes.fromhex(signature.value)
        self._making.progress.step(say("signed"))

    def _content(self) -> Iterator[tuple[str, bytes]]:
        yield from self._pages()
        yield from self._log()
        told = Told(
            self._dossier,
            self._entries,
            self.certified,
            self._of_page,
            self._making.parts.settings.institution,
            self._making.who,
            self._making.purpose,
            self._making.at,
        )
        yield "index.html", evidence_page(told, "zh", "index.en.html").encode()
        yield "index.en.html", evidence_page(told, "en", "index.html").encode()
        yield "facts.json", _facts(self._dossier, self.faults)
        yield KEY, self._making.signer.public_pem
        yield "README.txt", readme().encode()

    def _packages(self) -> Iterator[tuple[str, Content]]:
        """Every file of the born-digital packages, and each package's note: whose it is, and the digests."""
        vault = self._making.vault
        for package in self._dossier.packages:
            folder = f"digital/{package['number']}"
            named = [(f"{folder}/{one['name']}", one["sha256"]) for one in package["files"]]
            wanted = [(name, digital_key(sha256), sha256) for name, sha256 in named]
            note = package["note_key"]
            wanted.append((f"{folder}.json", note, PurePosixPath(note).stem))
            for name, key, sha256 in wanted:
                with TemporaryDirectory(dir=self._beside) as passing:
                    path = Path(passing) / "file"
                    try:
                        vault.copy_to(path, key, sha256)
                    except StoreError as error:
                        self.faults.append(error.message)
                        continue
                    self._digests[name] = sha256
                    yield name, path
                self._making.progress.step(say("packed {name}", name=name))

    def _pages(self) -> Iterator[tuple[str, bytes]]:
        """The scanner's very bytes of each page, and its searchable form where there is one."""
        for number, page in enumerate(self._dossier.pages, start=1):
            name = f"pages/{number:02}-{page.sha256[:8]}"
            wanted = [
                (f"{name}{page.page.get('suffix', '')}", page.sha256, self._making.vault.read)
            ]
            if page.text:
                sha256 = page.text["text_sha256"]
                wanted.append((f"{name}.pdf", sha256, self._making.vault.read_text))
            for file, sha256, read in wanted:
                try:
                    content = read(sha256)
                except StoreError as error:
                    self.faults.append(error.message)
                    continue
                self._of_page[page.sha256].append(file)
                self._making.progress.step(say("packed {name}", name=file))
                yield file, content

    def _log(self) -> Iterator[tuple[str, bytes]]:
        """A certificate for each entry that is signed."""
        key = self._making.log_key
        if key is None:
            return
        certificates = Certificates(self._making.parts.catalog.audit, key)
        kept = certificates.checkpoint
        for entry in self._entries:
            if kept and entry.seq <= kept.size:
                self.certified.add(entry.seq)
                yield f"log/{entry.seq}.json", certificates.of(entry.seq).as_json()
            self._making.progress.step(say("certified {seq}", seq=entry.seq))
        if kept:
            yield "log/checkpoint.txt", kept.note
        yield "log/key.txt", f"{key}\n".encode()


def _entries(parts: Parts, dossier: Dossier) -> list[LogEntry]:
    """The log's entries on the transaction, in order."""
    found = {
        entry.seq: entry
        for subject in dossier.subjects
        for entry in parts.catalog.audit.find(Wanted(subject=subject), limit=_MOST_ENTRIES)
    }
    return [found[seq] for seq in sorted(found)]


def _facts(dossier: Dossier, faults: list[Message]) -> bytes:
    """Everything as plain JSON rows of the catalog, for programs."""
    told = {**asdict(dossier), "left_out": [str(one) for one in faults]}
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True, default=str).encode()


def readme() -> str:
    """What stands in the pack's README, in both languages."""
    return Path(__file__).with_name("evidence_readme.txt").read_text("utf-8")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())

"""Making a package that leaves: a BagIt package of watermarked pages, encrypted whole with age."""

from __future__ import annotations

import csv
import io
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from PIL import Image

from catalog.reports.plain import disarmed
from flows.export_contents import transactions_of, with_pages
from flows.exports import ExportDesk
from flows.parts import Parts
from flows.progress import Progress
from flows.secrecy import Secrecy
from flows.system_lists import page_index
from ingest.admission import Opener
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.access.viewing import Viewing
from pipeline.access.watermark import mark_of, marked_picture
from pipeline.balance import CatalogedPage
from pipeline.errors import PageRefused, UserError
from pipeline.exports import Export, ExportActKind, What
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.secrecy import Level
from pipeline.system_list import Span
from storage.bags import write
from storage.sealing import encrypted, locked
from storage.store import digest
from storage.vault import Vault

SUFFIX = ".tar.age"
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are misheard or misread for one another."""
_GROUPS, _GROUP = 6, 4
"""24 of 31 signs: 118 bits."""
_QUALITY = 90
_HEAD = (
    *("business_date", "branch", "serial_no", "business", "customer_no", "customer_name"),
    *("file", "sha256", "master_sha256", "left_out", "secrecy"),
)


@dataclass(frozen=True)
class Making:
    """The surroundings of one package."""

    desk: ExportDesk
    vault: Vault
    opener: Opener
    progress: Progress
    at: datetime

    @property
    def parts(self) -> Parts:
        """The workspace."""
        return self.desk.guard.parts


@dataclass(frozen=True)
class Made:
    """A package that is ready to be handed over."""

    path: Path
    sha256: str
    transactions: int
    pages: int
    left_out: tuple[str, ...]
    """Pages that could not be opened; the package's index says so too."""
    born_digital: tuple[str, ...]
    """Files of born-digital packages: the index names them, but they can bear no watermark (BM-06)."""
    passphrase: str
    """What opens it, told this once and kept nowhere; empty: the recipient's own key opens it."""


def make_package(making: Making, no: int) -> Made:
    """Make an approved export as an encrypted file in the workspace; nothing of it is left unencrypted.

    Raises NotAllowed or UserError when it cannot be made now, StoreError when a store does not answer.
    """
    export, folder = making.parts.catalog.exports.one(no), making.parts.workspace.exports
    guard = making.desk.guard
    guard.require(Act.EXPORT_MAKE, export.wanted.branch)
    export.must_allow(ExportActKind.MAKE, guard.person.name, making.at, making.desk.days)
    is_index = export.wanted.what is What.INDEX
    rows = () if is_index else transactions_of(making.parts, export)
    folder.mkdir(mode=0o700, exist_ok=True)
    staged, part = folder / f".{export.number}", folder / f".{export.number}.part"
    shutil.rmtree(staged, ignore_errors=True)  # what a killed run left
    try:
        bag = _Bag(making, export, staged / export.number)
        transactions = bag.write_index() if is_index else bag.write(rows)
        passphrase = "" if export.wanted.age_key else _passphrase()
        sha256 = (
            locked(bag.folder, part, passphrase)
            if passphrase
            else encrypted(bag.folder, part, [export.wanted.age_key])
        )
        final = part.rename(folder / f"{export.number}{SUFFIX}")
        making.desk.enter(no, ExportActKind.MAKE, "", making.at, sha256)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        part.unlink(missing_ok=True)
    return Made(
        final,
        sha256,
        transactions,
        bag.pages,
        tuple(bag.left_out),
        tuple(bag.born_digital),
        passphrase,
    )


def _passphrase() -> str:
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))


class _Bag:
    """Writes the package's files: a BagIt 1.0 package (RFC 8493)."""

    def __init__(self, making: Making, export: Export, folder: Path) -> None:
        self._making, self._export, self.folder = making, export, folder
        self._secrecy = Secrecy(making.parts)
        self._level = self._secrecy.ladder.lowest
        self._digests: dict[str, str] = {}
        self.pages = 0
        self.left_out: list[str] = []
        self.born_digital: list[str] = []

    def write_index(self) -> int:
        """Write the index of pages, each customer's viewing entered before; give its transactions."""
        wanted, parts = self._export.wanted, self._making.parts
        listed, counts = page_index(parts, wanted.branch, Span.read(wanted.names[0]))
        if not listed.rows:
            raise UserError(
                say("There is nothing at branch {branch} to export.", branch=wanted.branch)
            )
        self._must_know((str(row["customer_no"]), (str(row["sha256"]),)) for row in listed.rows)
        for customer in sorted({str(row["customer_no"]) for row in listed.rows}):
            self._seen(Subject(wanted.branch, customer or None))
        self.pages = counts.pages
        self._payload("index.csv", listed.as_csv(disarmed))
        self._payload("index.json", listed.as_json())
        self._explained("export_index_readme.txt")
        return len(
            {(row["business_date"], row["serial_no"]) for row in listed.rows if row["serial_no"]}
        )

    def write(self, rows: Sequence[Transaction]) -> int:
        """Write everything; each page's viewing is entered before it is opened (CG-19h)."""
        matched = list(with_pages(self._making.parts, rows))
        self._must_know((row.customer_no, [one.page_id for one in some]) for row, some in matched)
        self._making.progress.total(len(rows))
        table = io.StringIO()
        index = csv.writer(table)
        index.writerow(_HEAD)
        for row, pages in matched:
            index.writerows([*self._written(row, pages), *self._named(row)])
            self._making.progress.step(say("packed {name}", name=row.serial_no))
        self._payload("index.csv", table.getvalue().encode("utf-8-sig"))
        self._explained("export_readme.txt")
        return len(rows)

    def _must_know(self, contents: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Have the package bear the highest level in it (B2-09), all of which its maker may know."""
        making, branch = self._making, self._export.wanted.branch
        self._level = making.desk.guard.must_know_all(Act.EXPORT_MAKE, branch, contents, making.at)

    def _explained(self, readme: str) -> None:
        """Write what the package says of itself, and its tags."""
        self._payload("READ ME 说明.txt", (files("flows") / readme).read_bytes())
        self._tags()

    def _written(
        self, row: Transaction, pages: Sequence[CatalogedPage]
    ) -> Iterator[tuple[str, ...]]:
        """Write a transaction's pages, and give its lines of the index; one without pages has one line."""
        told = _booked(row)
        if not pages:
            of = Subject(self._export.wanted.branch, row.customer_no)
            yield (*told, "", "", "", "", self._secrecy.of(of).name.zh)
        for number, page in enumerate(pages, start=1):
            name = f"pages/{row.business_date}/{row.serial_no}/{number:03d}.jpg"
            level = self._secrecy.of(Subject(row.handling_branch, row.customer_no, page.page_id))
            content = self._picture(row, page, level)
            if content is None:
                self.left_out.append(page.name)
                yield (*told, "", "", page.page_id, "cannot be opened", level.name.zh)
                continue
            self.pages += 1
            sha256 = self._payload(name, content)
            yield (*told, name, sha256, page.page_id, "", level.name.zh)

    def _named(self, row: Transaction) -> Iterator[tuple[str, ...]]:
        """Give the lines of a transaction's born-digital files, as far as their reader may know them."""
        making, told = self._making, _booked(row)
        digital = making.parts.catalog.digital
        filed = digital.of_transaction(row.business_date, row.handling_branch, row.serial_no)
        person = making.desk.guard.person
        for one in self._secrecy.known_packages(person, filed, making.at):
            level = self._secrecy.of_package(one.package).name.zh
            for file in one.package.files:
                self.born_digital.append(file.name)
                yield (*told, "", "", file.sha256, f"born-digital: {file.name}", level)

    def _picture(self, row: Transaction, page: CatalogedPage, level: Level) -> bytes | None:
        """The page as a JPEG with the watermark: its level, who took it out, when, for whom (BM-06)."""
        making, wanted = self._making, self._export.wanted
        person = making.desk.guard.person
        self._seen(Subject(wanted.branch, row.customer_no, page.page_id))
        try:
            pixels = making.opener.decode(making.vault.read(page.page_id)).pixels
        except PageRefused:
            return None
        taken = mark_of(person.name, making.at, level=self._secrecy.told(level))
        mark = f"{self._export.number} {wanted.recipient} {taken}"
        written = io.BytesIO()
        marked_picture(Image.fromarray(pixels), mark).save(written, "JPEG", quality=_QUALITY)
        return written.getvalue()

    def _seen(self, subject: Subject) -> None:
        """Enter that the person sees something of a customer, before it is written."""
        person = self._making.desk.guard.person
        purpose = f"{self._export.number} {self._export.wanted.purpose}"
        self._making.parts.catalog.viewings.enter(
            Viewing(
                person.name,
                person.key,
                Act.EXPORT_MAKE,
                subject,
                purpose,
                self._making.at,
                session=person.session,
            )
        )

    def _payload(self, name: str, content: bytes) -> str:
        write(self.folder / "data" / name, content)
        sha256 = digest(content)
        self._digests[f"data/{name}"] = sha256
        return sha256

    def _tags(self) -> None:
        """Write the tag files; the manifest names every file below ``data/``."""
        wanted, at = self._export.wanted, self._making.at
        sizes = [(self.folder / name).stat().st_size for name in self._digests]
        info = (
            f"Source-Organization: {self._making.parts.settings.institution}\n"
            f"External-Identifier: {self._export.number}\n"
            f"External-Description: for {wanted.recipient}\n"
            f"Bagging-Date: {at.date()}\n"
            f"Secrecy-Level: {self._level.name.zh} {self._level.code}\n"
            f"Payload-Oxum: {sum(sizes)}.{len(sizes)}\n"
        )
        tags = {
            "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-info.txt": info.encode(),
            "manifest-sha256.txt": _manifest(self._digests),
        }
        tags["tagmanifest-sha256.txt"] = _manifest({k: digest(v) for k, v in tags.items()})
        for name, content in tags.items():
            write(self.folder / name, content)


def _manifest(digests: dict[str, str]) -> bytes:
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(digests.items())).encode()


def _booked(row: Transaction) -> tuple[str, ...]:
    return (
        *(row.business_date.isoformat(), row.handling_branch, row.serial_no),
        *(row.business_name, row.customer_no, row.customer_name),
    )

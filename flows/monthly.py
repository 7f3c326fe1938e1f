"""A month goes up to headquarters: sent by the branch, read back and accepted there (CG-16.4c)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from filelock import FileLock

from flows.monthly_bag import INDEX, Arrived, index_of, read_back, stored_digest, written
from flows.parts import Parts
from flows.progress import Progress
from flows.uploaded_tasks import mark_uploaded
from pipeline.clocks import ZONE, Due, upload_by
from pipeline.errors import StoreError, UserError
from pipeline.language import say
from pipeline.monthly import (
    BranchMonth,
    Month,
    Package,
    PackageAct,
    PackageActKind,
    PackageIndex,
    PackedFile,
    faults_in_words,
)
from pipeline.signature import Signer
from storage.store import Content, NoteKind, Store, digest, note_key
from storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = ("index_kept", "package_begun", "page_sent", "package_sent", "receipt_kept", "accepted")
"""The steps of an upload, for the tests that end it at each."""


@dataclass(frozen=True)
class Uploading:
    """The surroundings of an upload."""

    parts: Parts
    vault: Vault
    headquarters: Store
    """Where branches put what they send."""
    who: str
    progress: Progress
    at: Callable[[str], None] = lambda _step: None


def send(uploading: Uploading, branch: str, month: Month) -> Package | None:
    """Send what headquarters has not of a branch's month, and what stayed behind; None: there is nothing.

    May be run again at any time: an interrupted package goes on where it stopped. Raises StoreError where a
    page cannot be given or the store takes nothing.
    """
    parts = uploading.parts
    with FileLock(parts.workspace.locks / f"upload-{branch}-{month}.lock"):
        begun = parts.catalog.monthly.packages(month, [branch])
        package = next((one for one in begun if one.waits_to_be_sent), None)
        if package is None:
            package = _begin(uploading, branch, month, len(begun) + 1)
        if package is None:
            return None
        _put(uploading, _index(uploading, package), again=bool(package.acts))
        done = PackageAct(PackageActKind.SENT, uploading.who, datetime.now(UTC))
        parts.catalog.monthly.enter(package, done)
        uploading.at("package_sent")
        return package


def receive(uploading: Uploading, package: Package) -> Arrived:
    """Read a package in full; accept it with a signed receipt, or refuse it with its faults."""
    parts = uploading.parts
    if package.last is not PackageActKind.SENT:
        raise UserError(
            say("Package {package} does not wait to be received.", package=package.name)
        )
    arrived = read_back(uploading.headquarters, _index(uploading, package), uploading.progress)
    if arrived.faults:
        kind, note = PackageActKind.REFUSED, faults_in_words(arrived.faults)
    else:
        kind, note = PackageActKind.ACCEPTED, _receipt(uploading, package, arrived)
        uploading.at("receipt_kept")
    parts.catalog.monthly.enter(package, PackageAct(kind, uploading.who, datetime.now(UTC), note))
    if kind is PackageActKind.ACCEPTED:
        uploading.at("accepted")
    return arrived


def receive_branch(
    uploading: Uploading, branch: str, month: Month
) -> Iterator[tuple[Package, Arrived]]:
    """Receive what waits of a branch's month, and mark the tasks whose pages headquarters has.

    May be run again: what a run that died, or a review that came after the acceptance, left unmarked is
    marked by the next.
    """
    catalog = uploading.parts.catalog
    for package in catalog.monthly.packages(month, [branch]):
        if package.last is PackageActKind.SENT:
            yield package, receive(uploading, package)
    mark_uploaded(uploading.parts, branch, month, uploading.who)


def branch_months(
    parts: Parts, month: Month, branches: frozenset[str] | None
) -> Iterator[BranchMonth]:
    """Give how far each branch's month is; ``branches``: whose, None: of all."""
    catalog, due = parts.catalog, _due(parts, month)
    counts = catalog.monthly.counts(month, branches)
    packages: dict[str, list[Package]] = {}
    for one in catalog.monthly.packages(month, branches):
        packages.setdefault(one.branch, []).append(one)
    still_open = Counter(of for _, of in catalog.days.open(month.first, last=month.last))
    registered = {one.code for one in catalog.branches.all()}
    named = {*counts, *still_open, *registered}
    for branch in sorted(named if branches is None else named & branches):
        pages, digital, in_package = counts.get(branch, (0, 0, {}))
        own = tuple(packages.get(branch, ()))
        yield BranchMonth(
            branch,
            month,
            pages + digital,
            digital,
            sum(in_package.get(one.no, 0) for one in own if one.last is PackageActKind.SENT),
            sum(in_package.get(one.no, 0) for one in own if one.accepted_at),
            still_open[branch],
            own,
            due,
        )


def _begin(uploading: Uploading, branch: str, month: Month, no: int) -> Package | None:
    """Write down what a new package holds, keep that in both stores, and enter it; only then it is sent."""
    parts, catalog = uploading.parts, uploading.parts.catalog
    sha256s = catalog.monthly.new_pages(branch, month)
    files = frozenset(catalog.monthly.new_files(branch, month)) - set(sha256s)
    if not sha256s and not files:
        return None
    places = {
        sha256: [
            one for one in of_page if one.branch == branch and one.day.isoformat()[:7] == str(month)
        ]
        for sha256, of_page in catalog.volumes.places((*sha256s, *files)).items()
    }
    now = datetime.now(UTC)
    index = index_of(
        (branch, str(month), no),
        (parts.settings.institution, now.astimezone(ZONE).date().isoformat()),
        catalog.monthly.byte_counts(sha256s),
        places,
        catalog.digital.of_month(branch, month.first, month.last),
        files,
    )
    kept = INDEX.dump_text(index).encode()
    uploading.vault.keep_note(NoteKind.UPLOAD, kept)
    uploading.vault.flush()
    uploading.at("index_kept")
    byte_count = sum(one.byte_count for one in index.pages)
    package = Package(
        *(branch, month, no, digest(kept), len(sha256s) + len(files), byte_count),
        *(uploading.who, now),
    )
    catalog.monthly.begin(package, (*sha256s, *sorted(files)))
    uploading.at("package_begun")
    return package


def _index(uploading: Uploading, package: Package) -> PackageIndex:
    key = note_key(NoteKind.UPLOAD, package.index_sha256)
    return INDEX.load_text(uploading.vault.read_object(key, package.index_sha256).decode())


def _put(uploading: Uploading, index: PackageIndex, *, again: bool) -> None:
    """Put the pages, then the rest; ``again``: it was refused, so nothing there is believed unread."""
    store, prefix = uploading.headquarters, f"{index.name}/"
    there = {one.key: one.byte_count for one in store.iter_objects(prefix)}
    rest = written(index)
    uploading.progress.total(len(index.pages) + len(rest))
    for one in index.pages:
        if there.get(prefix + one.path) != one.byte_count or again:
            _put_packed(uploading, prefix, one)
            uploading.at("page_sent")
        uploading.progress.step(say("sent {name}", name=one.path))
    for path, content in rest.items():
        _put_one(store, prefix + path, content, digest(content))
        uploading.progress.step(say("sent {name}", name=path))


def _put_packed(uploading: Uploading, prefix: str, one: PackedFile) -> None:
    """Put a page, or a born-digital file by way of the spool: a film is never held in memory."""
    store, vault = uploading.headquarters, uploading.vault
    if not one.key:
        _put_one(store, prefix + one.path, vault.read(one.sha256), one.sha256)
        return
    with TemporaryDirectory(dir=uploading.parts.workspace.spool) as passing:
        path = Path(passing) / "file"
        vault.copy_to(path, one.key, one.sha256)
        _put_one(store, prefix + one.path, path, one.sha256)


def _put_one(store: Store, key: str, content: Content, sha256: str) -> None:
    """Put a file of a package; what lies there otherwise stays as an older version."""
    if not store.put_once(key, content, sha256).existed:
        return
    try:
        good = stored_digest(store, key)[0] == sha256
    except StoreError:
        good = False
    if not good:
        store.put_healed(key, content, sha256)


def _receipt(uploading: Uploading, package: Package, arrived: Arrived) -> str:
    """Sign that a package arrived whole, keep that in both stores, and return its SHA-256."""
    told = {
        "package": package.name,
        "index": package.index_sha256,
        "pages": package.pages,
        "files": arrived.files,
        "bytes": arrived.byte_count,
        "accepted_by": uploading.who,
        "accepted_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    content = json.dumps(told, ensure_ascii=False, sort_keys=True)
    signature = Signer.of(uploading.parts.workspace.signing_key).sign(content.encode())
    note = {"receipt": content, "signature": vars(signature)}
    kept = json.dumps(note, ensure_ascii=False, sort_keys=True).encode()
    uploading.vault.keep_note(NoteKind.UPLOAD, kept)
    uploading.vault.flush()
    return digest(kept)


def _due(parts: Parts, month: Month) -> Due:
    return upload_by(month.next.year, month.next.month, parts.settings.sla, parts.calendar)

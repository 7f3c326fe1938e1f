"""A born-digital package into the archive: proved file by file, stored twice, entered in one transaction.

The order is that of pages (design decision 3): copied into the spool and held against the manifest, stored in
both stores and read back, its note stored, then package, files, places and log entry entered together.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from catalog.digital import Placed
from flows.capture import lay_packages
from flows.parts import Parts
from flows.progress import Progress
from flows.stores import Stores
from ingest.digital_manifest import Manifest
from ingest.digital_package import ProvedFile, Recognise, dated_well, manifest_of, prove
from ingest.digital_source import opened, packages_in
from pipeline.digital import DigitalFile, DigitalPackage, PlaceKind
from pipeline.errors import Full, PaperproofError, UserError
from pipeline.identity_number import bearer_born
from pipeline.language import Message, say
from pipeline.model import identity
from pipeline.refusals import Refusal
from storage.store import NoteKind

STEPS = ("package_proved", "file_stored", "package_noted", "package_entered", "package_laid")
"""The named steps of taking a package in, for tests that kill there."""

_OPEN_SERVERS = ("ftp://", "http://")


@dataclass(frozen=True)
class DigitalIntake:
    """The surroundings of one run."""

    parts: Parts
    stores: Stores
    recognise: Recognise
    """What the sandbox takes the beginning of a file for."""
    branch: str
    who: str
    now: datetime
    customer: str | None = None
    """Whose packages alone are taken in; None: anybody's."""
    at: Callable[[str], None] = lambda _step: None


@dataclass
class DigitalTaken:
    """What became of the packages: each stands in exactly one of the counts."""

    packages: int = 0
    admitted: list[DigitalPackage] = field(default_factory=list)
    already: int = 0
    refused: list[tuple[str, Message]] = field(default_factory=list)

    @property
    def files(self) -> int:
        """Files that came in."""
        return sum(len(one.files) for one in self.admitted)

    def must_add_up(self) -> None:
        """Raise PaperproofError unless in = admitted + refused + already in."""
        accounted = len(self.admitted) + len(self.refused) + self.already
        if self.packages != accounted:
            raise PaperproofError(
                say(
                    "Of {packages} packages only {accounted} are accounted for; report this to IT.",
                    packages=self.packages,
                    accounted=accounted,
                )
            )


def take_in_digital(intake: DigitalIntake, path: Path, progress: Progress) -> DigitalTaken:
    """Take the package at a path in, or all in a folder; may be run again, and goes on where it stopped.

    A package that does not hold is refused whole, and the others go on.
    """
    found = packages_in(path)
    taken = DigitalTaken(packages=len(found))
    progress.total(len(found))
    with FileLock(intake.parts.workspace.locks / "digital.lock"):
        for one in found:
            _take_in_one(intake, one, taken)
            progress.step(say("taken in {name}", name=one.name))
        intake.stores.vault.flush()
    taken.must_add_up()
    return taken


def _take_in_one(intake: DigitalIntake, path: Path, taken: DigitalTaken) -> None:
    try:
        with opened(path) as source:
            manifest, below = manifest_of(source, intake.parts.settings.digital)
            _must_fit(intake, manifest)
            known = intake.parts.catalog.digital.known(identity(manifest.origin, manifest.package))
            _room_for(intake, manifest)
            spool = intake.parts.workspace.spool
            proved = prove(source, manifest, below, spool, intake.recognise)
        package = _package(manifest, proved)
        if known is not None:
            _must_be_same(known.package, package)
            taken.already += 1
        else:
            _must_be_nobody_elses(intake, package)
            intake.at("package_proved")
            _keep(intake, package, proved)
            taken.admitted.append(package)
    except (UserError, Refusal) as error:
        intake.parts.catalog.digital.refused(intake.branch, error.message, intake.who)
        taken.refused.append((path.name, error.message))
        return
    lay_packages(intake.parts, package.day, package.branch, intake.who)
    intake.at("package_laid")


def _keep(intake: DigitalIntake, package: DigitalPackage, proved: tuple[ProvedFile, ...]) -> None:
    """Store every file and the note in both stores, read back; then enter all in one transaction."""
    vault = intake.stores.vault
    for one in proved:
        vault.keep_digital(one.spooled, one.told.sha256)
        intake.at("file_stored")
    kept = vault.keep_note(NoteKind.PACKAGE, package.note)
    vault.flush()
    intake.at("package_noted")
    intake.parts.catalog.digital.enter(package, kept.key, _places(proved), intake.who)
    intake.at("package_entered")


def _package(manifest: Manifest, proved: tuple[ProvedFile, ...]) -> DigitalPackage:
    return DigitalPackage(
        number=manifest.package,
        origin=manifest.origin,
        branch=manifest.branch,
        day=manifest.business_date,
        serial_no=manifest.serial_no,
        customer_no=manifest.customer_no,
        made_at=manifest.made_at,
        files=tuple(
            DigitalFile(
                *(one.told.name, one.told.document_type, one.told.sha256),
                *(one.told.bytes, one.format, one.told.captured_at),
            )
            for one in proved
        ),
    )


def _places(proved: tuple[ProvedFile, ...]) -> list[Placed]:
    return [
        (no, kind, place)
        for no, one in enumerate(proved, start=1)
        for kind, place in ((PlaceKind.DISC, one.told.disc), (PlaceKind.SERVER, one.told.server))
        if place
    ]


def checked_place(parts: Parts, kind: PlaceKind, place: str) -> str:
    """Return a place; raises UserError where the server is reached in the open (K24, RC-19)."""
    told = place.strip()
    in_the_open = kind is PlaceKind.SERVER and told.lower().startswith(_OPEN_SERVERS)
    if in_the_open and not parts.settings.digital.allow_plain_ftp:
        raise UserError(
            say("{place} is reached in the open; name it by sftp:// or ftps://.", place=told)
        )
    if not told.isprintable() or not told:
        raise UserError(say("Say where it lies."))
    return told


def _must_fit(intake: DigitalIntake, manifest: Manifest) -> None:
    """Raise UserError where a package is another branch's, another customer's, or of unknown papers."""
    if manifest.branch != intake.branch:
        raise UserError(
            say(
                "The package is of branch {found}, not of {wanted}; take it in there.",
                found=manifest.branch,
                wanted=intake.branch,
            )
        )
    intake.parts.catalog.branches.require(manifest.branch, day=manifest.business_date)
    streams = intake.parts.catalog.streams
    row = streams.one(manifest.business_date, manifest.branch, manifest.serial_no)
    wanted = {intake.customer, row.customer_no if row else None} - {None}
    if wanted - {manifest.customer_no}:
        raise UserError(
            say(
                "The package of transaction {serial} is of another customer than is booked or named; have "
                "the sender look for a mix-up.",
                serial=manifest.serial_no,
            )
        )
    dated_well(manifest, intake.now, bearer_born(row.id_no) if row else None)
    profile = intake.parts.profile_on(manifest.business_date)
    for one in manifest.files:
        profile.type_of(one.document_type)
        for kind, place in ((PlaceKind.DISC, one.disc), (PlaceKind.SERVER, one.server)):
            if place:
                checked_place(intake.parts, kind, place)


def _must_be_same(known: DigitalPackage, package: DigitalPackage) -> None:
    if known.note != package.note:
        raise UserError(
            say(
                "Package {number} was taken in before with other content, which stays; have the sender "
                "give this one a number of its own.",
                number=package.number,
            )
        )


def _must_be_nobody_elses(intake: DigitalIntake, package: DigitalPackage) -> None:
    """Refuse files that another customer's package brought, and a package that came under another number."""
    holders = intake.parts.catalog.digital.holders({one.sha256 for one in package.files})
    for sha256, other in holders:
        if other.customer_no != package.customer_no:
            raise UserError(
                say(
                    "{name} came in as another customer's, in package {number}; have the sender look for a "
                    "mix-up.",
                    name=next(one.name for one in package.files if one.sha256 == sha256),
                    number=other.number,
                )
            )
    mine = {one.sha256 for one in package.files}
    for _, other in holders:
        same = (other.day, other.branch, other.serial_no) == (
            package.day,
            package.branch,
            package.serial_no,
        )
        if same and mine == {one.sha256 for one in other.files}:
            raise UserError(
                say(
                    "Package {number} is in already, as {other}; nothing of it is new.",
                    number=package.number,
                    other=other.number,
                )
            )


def _room_for(intake: DigitalIntake, manifest: Manifest) -> None:
    """Refuse to begin a package that the disk may not hold (rule R12)."""
    wanted = 4 * sum(one.bytes for one in manifest.files)  # as for a batch of scans
    free = shutil.disk_usage(intake.parts.workspace.folder).free
    if free < wanted + (intake.parts.settings.least_free_mb << 20):
        raise Full(
            say(
                "The disk of {folder} has {free} MB free, too few for package {number}; free some room and "
                "run this again: packages that are in stay in.",
                folder=intake.parts.workspace.folder,
                free=free >> 20,
                number=manifest.package,
            )
        )

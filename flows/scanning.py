"""Pages from a scanner of this machine into the batch's folder, to be taken in like scans that are sent."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from flows.alone import alone
from flows.parts import Parts
from flows.settings import scanner_surroundings
from flows.uploads import Uploads
from ingest.scanner import Device, Scanimage
from ingest.scanner_options import Wanted
from pipeline.errors import Full, UserError
from pipeline.language import say
from pipeline.model import Batch, ColourMode
from pipeline.scan_rules import PAPERS, ScanRules
from storage.disk import name_if_free, sync_file, sync_folder

_NUMBERED = re.compile(r"(\d{4,6})\.(tif|png|jpg)")
_ENDINGS = {"tiff": "tif", "png": "png", "jpeg": "jpg"}
_MM_PER_INCH = 25.4
_BITS = {ColourMode.BITONAL: 1, ColourMode.GREY: 8, ColourMode.COLOUR: 24}


@dataclass(frozen=True)
class ScanJob:
    """What a person asks of a device."""

    device: str
    batch: Batch
    feeder: bool = False
    duplex: bool = False
    """Both sides, which needs the feeder."""
    paper: str | None = None
    document_type: str | None = None


@dataclass(frozen=True)
class ScanDesk:
    """Scans from the devices of this machine."""

    parts: Parts
    uploads: Uploads

    @property
    def scanimage(self) -> Scanimage:
        """The program with the patience that the settings give it."""
        chosen = self.parts.settings.station
        return Scanimage(scanner_surroundings(), chosen.list_seconds, chosen.page_seconds)

    def serves(self, branch: str) -> bool:
        """Whether a branch's people may use the devices."""
        chosen = self.parts.settings.station
        return chosen.scanning and (not chosen.branches or branch in chosen.branches)

    def devices(self) -> tuple[Device, ...]:
        """List the scanners that can be reached now."""
        return self.scanimage.devices()

    def papers(self, day: date) -> tuple[str, ...]:
        """Give the names of the papers that a page may have, where its document type is not named."""
        return tuple(
            one.name for one in self.parts.rules_in_force(None, day).rules.papers or PAPERS
        )

    def scan(
        self, job: ScanJob, arrived: Callable[[str], None], stopped: Callable[[], bool]
    ) -> int:
        """Scan into the batch's folder; ``arrived`` is told each page's name. Returns how many came.

        A page has its name only when the disk has it whole. Raises UserError for what the device or the
        profile does not offer, PaperproofError when the device fails; pages before that stay.
        """
        self._must_serve(job.batch.branch)
        self.parts.catalog.branches.require(job.batch.branch, day=job.batch.day)
        rules = self._rules(job)
        wanted = self._wanted(job, rules)
        file_format = self.parts.settings.station.format or _fitting(wanted, rules)
        folder = self.uploads.of(job.batch)
        count = 0
        with self._alone(job.device), _passing(folder, job.device) as passing:
            device = self.scanimage.require(job.device)
            pages = self.scanimage.scan(device, wanted, file_format, passing, stopped)
            with closing(pages):
                for page in pages:
                    self._must_have_room()
                    arrived(self._named(job.batch, page, _ENDINGS[file_format]))
                    count += 1
        return count

    def _must_serve(self, branch: str) -> None:
        if not self.serves(branch):
            raise UserError(
                say(
                    "Nobody scans from this machine's devices for branch {branch}; write scanning = true "
                    "under [station] in the settings, and the branch.",
                    branch=branch,
                )
            )

    def _rules(self, job: ScanJob) -> ScanRules:
        return self.parts.rules_in_force(job.document_type, job.batch.day).rules

    def _wanted(self, job: ScanJob, rules: ScanRules) -> Wanted:
        """What profile and settings ask of the device."""
        chosen = self.parts.settings.station
        named = job.paper or chosen.paper
        known = rules.papers or PAPERS
        paper = next((one for one in known if one.name == named), None)
        if paper is None:
            raise UserError(
                say(
                    "There is no paper {paper} here; choose one of {papers}.",
                    paper=named[:40],
                    papers=", ".join(one.name for one in known),
                )
            )
        return Wanted(
            dpi=int(min(max(chosen.dpi, rules.min_dpi), rules.max_dpi)),
            mode=rules.required_colour or chosen.mode,
            paper=paper,
            feeder=job.feeder,
            duplex=job.duplex,
            own=chosen.options,
        )

    def _alone(self, device: str) -> AbstractContextManager[None]:
        """One run at a time has a device."""
        busy = say(
            "Somebody is scanning from {device}; wait until that ends, then try again.",
            device=device[:80],
        )
        return alone(self.parts.workspace.locks / f"scanner-{_short(device)}.lock", busy)

    def _must_have_room(self) -> None:
        """Stop scanning before the disk is full (rule R12): the program would cut pages off."""
        free = shutil.disk_usage(self.parts.workspace.folder).free
        if free < self.parts.settings.least_free_mb << 20:
            raise Full(
                say(
                    "The disk of {folder} is nearly full; free some room, then scan the last page and "
                    "the rest again.",
                    folder=self.parts.workspace.folder,
                )
            )

    def _named(self, batch: Batch, page: Path, ending: str) -> str:
        """Give a whole page the batch's next number; what is in the batch or waits keeps its own."""
        sync_file(page)
        folder = self.uploads.of(batch)
        number = self._last(batch) + 1
        while not name_if_free(page, folder / f"{number:04}.{ending}"):
            number += 1
        sync_folder(folder)
        page.unlink(missing_ok=True)
        return f"{number:04}.{ending}"

    def _last(self, batch: Batch) -> int:
        waiting = self.uploads.waiting(batch)
        delivered = (name for name, _ in self.parts.catalog.pages.delivered(batch.id))
        found = (_NUMBERED.fullmatch(name) for name in (*waiting, *delivered))
        return max((int(one[1]) for one in found if one), default=0)


@contextmanager
def _passing(folder: Path, device: str) -> Iterator[Path]:
    """A device's folder of pages that are not whole yet; what a run that died left there goes."""
    passing = folder / f".scanning-{_short(device)}"
    shutil.rmtree(passing, ignore_errors=True)
    passing.mkdir(mode=0o700)
    try:
        yield passing
    finally:
        shutil.rmtree(passing, ignore_errors=True)


def _fitting(wanted: Wanted, rules: ScanRules) -> str:
    """TIFF as it is has every bit that the device sees; a page over the limit of bytes must be smaller."""
    width, height = wanted.paper.width_mm, wanted.paper.height_mm
    pixels = (width / _MM_PER_INCH * wanted.dpi) * (height / _MM_PER_INCH * wanted.dpi)
    return "tiff" if pixels * _BITS[wanted.mode] / 8 < rules.max_bytes else "jpeg"


def _short(device: str) -> str:
    return sha256(device.encode()).hexdigest()[:16]

"""What still lies in a station's folder: which copies may go, and why the others may not.

B1-11 and CG-06a: a station keeps nothing once the receipt is verified, and what is left is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.local_files import KnownFile
from flows.access import Guard
from flows.progress import Progress
from flows.stores import Stores
from ingest.admission import Opener
from ingest.leftovers import CHANGED, Judged, Leftover, leftovers, removed
from pipeline.access.acts import Act
from pipeline.copies import PLACES, CopyState, Depth, Place
from pipeline.errors import PageRefused
from pipeline.language import Message, say
from storage.fixity import Fixity
from storage.looks import Look, Wanted
from storage.store import digest

_BOTH = (Place.PRIMARY, Place.REPLICA)
_AT_ONCE = 200
"""Digests in one entry of the log."""


@dataclass(frozen=True)
class Purging:
    """The surroundings of one look at a station's folder."""

    guard: Guard
    stores: Stores
    opener: Opener
    branch: str
    station: str
    progress: Progress

    def judge(self, folder: Path) -> tuple[Judged, ...]:
        """Say of each file whether the archive is proved to have it, by reading both stores in full."""
        self.guard.require(Act.STATION_VIEW, self.branch)
        self.guard.parts.catalog.branches.must_be_known(self.branch)
        fixity = Fixity({place: self.stores.shelves[place] for place in _BOTH})
        files = list(leftovers(folder))
        self.progress.total(len(files))
        judged = []
        for one in files:
            judged.append(self._judged(fixity, one))
            self.progress.step(say("looked at {name}", name=one.name))
        return tuple(judged)

    def remove(self, safe: Sequence[Judged]) -> Iterator[tuple[Judged, Message | None]]:
        """Remove files that may go, each written down before; give each, and why it is still there."""
        self.guard.require(Act.PAGE_SUBMIT, self.branch)
        known = self.guard.parts.catalog.local_files
        for start in range(0, len(safe), _AT_ONCE):
            some = safe[start : start + _AT_ONCE]
            digests = [one.file.sha256 for one in some]
            known.purged(self.guard.person.name, self.branch, self.station, digests)
            for one in some:
                yield one, removed(one.file)

    def _judged(self, fixity: Fixity, file: Leftover) -> Judged:
        if file.unread is not None:
            return Judged(file, False, file.unread)
        known = self.guard.parts.catalog.local_files.of(self.branch, file.sha256)
        if known.destroyed:
            return Judged(file, True, say("It was destroyed under an order; no copy may stay."))
        if (why := _not_entered(known) or self._page_lacks(file, known)) is not None:
            return Judged(file, False, why)
        for key, sha256, byte_count in known.objects:
            verdict = fixity.examine(Wanted(key, sha256, byte_count, _BOTH), Depth.BYTES)
            for look in verdict.looks:
                if look.state is not CopyState.INTACT:
                    return Judged(file, False, _no_good_copy(look))
        return Judged(
            file, True, say("Archived and entered; both copies were read in full just now.")
        )

    def _page_lacks(self, file: Leftover, known: KnownFile) -> Message | None:
        """Why a file of several pages must stay: one of them was refused, or a run died before it."""
        if not known.pages:
            return None
        content = file.path.read_bytes()
        if digest(content) != file.sha256:
            return CHANGED
        try:
            cut = self.opener.split(content, file.name)
        except PageRefused as error:
            return error.message
        lacking = [page.page_no for page in cut if digest(page.content) not in known.pages]
        if not lacking:
            return None
        numbers = ", ".join(map(str, lacking))
        return say(
            "Of its {count} pages these are not in the archive: {numbers}; take it in again, or scan "
            "them again.",
            count=len(cut),
            numbers=numbers,
        )


def _not_entered(known: KnownFile) -> Message | None:
    if known.refused:
        return say("It was refused, so the archive does not have it; scan the paper again.")
    if not known.entered or not known.objects:
        return say("The archive does not know it; take it in, or look whether it belongs here.")
    return None


def _no_good_copy(look: Look) -> Message:
    place = PLACES[look.place]
    if look.state is CopyState.UNREACHABLE:
        return say("The {place} does not answer, so its copy is not proved.", place=place)
    return say(
        "The {place} has no good copy of it; run “paperproof storage verify --all” first.",
        place=place,
    )

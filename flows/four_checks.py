"""The four checks made on what is filed, handed over or kept; nothing is repaired or changed by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from catalog.copies import KeptObject
from flows.four_check_items import (
    Held,
    Looking,
    chain_is_whole,
    copies_give_their_bytes,
    equation_closed,
    every_page_said_who,
    films_have_their_places,
    formats_are_kept,
    holds_stand,
    lines_in_the_archive,
    locks_stand,
    nothing_lacks,
    pages_open,
    refused_stay_out,
    texts_are_made,
    viewings_said_why,
)
from flows.parts import Parts
from flows.progress import Progress
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.errors import UserError
from pipeline.four_checks import CheckLine, FourChecks, Stage
from pipeline.language import say
from pipeline.transfer import Transfer
from storage.store import digital_key, object_key

Serials = frozenset[str] | None
"""Serial numbers that are meant; None: all of the day."""


@dataclass(frozen=True)
class Checker:
    """Makes the four checks."""

    parts: Parts
    stores: Stores
    opener: Opener
    progress: Progress

    def of_day(self, stage: Stage, day: date, branch: str) -> FourChecks:
        """Check a branch and day; raises UserError where nothing of it is in the archive."""
        return self._checked(stage, f"{branch}/{day.isoformat()}", {(day, branch): None})

    def of_transfer(self, transfer: Transfer) -> FourChecks:
        """Check what belongs to the papers that go from one branch to another (CG-21)."""
        wanted: dict[tuple[date, str], set[str]] = {}
        for paper in transfer.papers:
            archive = self.parts.catalog.archives.one(paper.customer_no)
            line = next(one for one in archive.lines if one.number == paper.line)
            if line.serial_no:
                wanted.setdefault((line.day, line.branch), set()).add(line.serial_no)
        meant = {key: frozenset(serials) for key, serials in wanted.items()}
        return self._checked(Stage.HANDOVER, transfer.number, meant)

    def _checked(
        self, stage: Stage, subject: str, wanted: Mapping[tuple[date, str], Serials]
    ) -> FourChecks:
        held = [
            one
            for (day, branch), serials in wanted.items()
            for one in self._held(day, branch, serials)
        ]
        if not held:
            raise UserError(say("Nothing of {subject} is in the archive.", subject=subject))
        looking = Looking(
            self.parts, self.stores, self.opener, tuple(held), tuple(wanted), self._objects(held)
        )
        checks = (*_ALWAYS, *_MORE[stage])
        self.progress.total(len(checks))
        lines: list[CheckLine] = []
        for check in checks:
            lines.append(check(looking))
            self.progress.step(lines[-1].what)
        lines.sort(key=lambda one: list(type(one.quality)).index(one.quality))
        pages = sum(one.is_page for one in held)
        return FourChecks(stage, subject, pages, len(held) - pages, tuple(lines))

    def _held(self, day: date, branch: str, serials: Serials) -> Iterator[Held]:
        """The pages and born-digital files that are meant, each once."""
        catalog = self.parts.catalog
        matched = {
            page.delivery_id: match.serial_no
            for result in catalog.days.results(day, branch)
            for match in result.matches
            for page in match.pages
        }
        operators = catalog.pages.operators_of_day(day, branch)
        for page in catalog.pages.of_day(day, branch):
            serial = matched.get(page.delivery_id, "")
            if page.state != "refused" and (serials is None or serial in serials):
                who = operators.get(page.delivery_id, "")
                yield Held(page.name, page.page_id, object_key(page.page_id), serial, who, page)
        for filed in catalog.digital.of_day(day, branch):
            serial = filed.package.serial_no
            if serials is None or serial in serials:
                for one in filed.package.files:
                    called = f"{filed.package.number}/{one.name}"
                    yield Held(
                        called, one.sha256, digital_key(one.sha256), serial, filed.person, None, one
                    )

    def _objects(self, held: Sequence[Held]) -> Mapping[str, KeptObject]:
        keys = sorted({one.key for one in held})
        return {one.key: one for one in self.parts.catalog.verifications.objects(keys)}


_ALWAYS = (
    copies_give_their_bytes,
    every_page_said_who,
    chain_is_whole,
    equation_closed,
    nothing_lacks,
    pages_open,
    formats_are_kept,
    refused_stay_out,
)
_MORE = {
    Stage.FILING: (lines_in_the_archive,),
    Stage.HANDOVER: (lines_in_the_archive, texts_are_made, locks_stand, holds_stand),
    Stage.STORAGE: (
        texts_are_made,
        locks_stand,
        holds_stand,
        films_have_their_places,
        viewings_said_why,
    ),
}

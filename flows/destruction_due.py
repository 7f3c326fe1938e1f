"""Whether a paper or an image may be destroyed: its time is over, nothing holds it, nothing open needs it.

Asked when a list is made (CG-20a) and once more just before each item is destroyed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from flows.keeping import Keeper
from flows.retention_shown import paper_keepings
from flows.stored_papers import StoredPaper
from pipeline.digital import DigitalPackage
from pipeline.language import Message, say
from pipeline.retention import Keeping, Medium, longest
from storage.store import digital_key, sha256_of_key

_LEAST_PROVEN = 2
"""Copies of an image that were read in full lately, before its paper may go while a rule still runs."""


@dataclass(frozen=True)
class Verdict:
    """What kept something longest, and why it must not go."""

    keeping: Keeping | None
    refusal: Message | None


@dataclass(frozen=True)
class Due:
    """Judges things on one day."""

    keeper: Keeper

    @cached_property
    def asked_for(self) -> frozenset[str]:
        """Objects that somebody asked to have back and that are not back yet."""
        every = self.keeper.parts.catalog.retrievals.all()
        return frozenset(key for one in every if one.done_by is None for key in one.keys)

    def page(self, sha256: str) -> Verdict:
        """Judge a page's image with the file it came in and its text: they go together or not at all."""
        return self.objects(self.family([sha256]))

    def family(self, pages: Sequence[str]) -> tuple[str, ...]:
        """The keys of all objects of some pages."""
        families = self.keeper.parts.catalog.named.families(pages)
        return tuple(sorted({key for keys in families.values() for key in keys}))

    def object(self, key: str) -> Verdict:
        """Judge one object with all that shares a page with it."""
        if held := self.packages_with(key):
            return self.objects(held)
        pages = self.keeper.parts.catalog.named.contents([key]).get(key, frozenset())
        return self.objects((key, *self.family(sorted(pages))))

    def package(self, one: DigitalPackage) -> Verdict:
        """Judge a born-digital package: all its files, or none."""
        return self.objects([digital_key(file.sha256) for file in one.files])

    def packages_with(self, key: str) -> tuple[str, ...]:
        """The keys of all files of the packages that hold a born-digital file; empty for another object."""
        sha256 = sha256_of_key(key)
        if sha256 is None or key != digital_key(sha256):
            return ()
        holders = self.keeper.parts.catalog.digital.holders([sha256])
        return tuple(digital_key(file.sha256) for _, one in holders for file in one.files)

    def objects(self, keys: Collection[str]) -> Verdict:
        """Judge objects that go together."""
        found = self.keeper.of_objects(sorted(set(keys)))
        kept = longest(one for some in found.values() for one in some)
        if why := self._not_over(kept):
            return Verdict(kept, why)
        if self.asked_for.intersection(keys):
            return Verdict(kept, say("somebody asked for it and did not get it yet"))
        return Verdict(kept, self._paper_covers(keys))

    def paper(self, paper: StoredPaper) -> Verdict:
        """Judge the papers of a transaction."""
        kept = longest(paper_keepings(self.keeper, paper))
        if why := self._not_over(kept):
            return Verdict(kept, why)
        if not paper.closed:
            return Verdict(kept, say("its day is not closed, or something came since"))
        line = self.keeper.parts.catalog.archives.of_voucher(*paper.place)
        if line and line[1] not in line[0].in_store:
            return Verdict(kept, say("it was taken out of its bag"))
        return Verdict(kept, self._images_cover(paper))

    def _not_over(self, kept: Keeping | None) -> Message | None:
        if kept is None:
            return say("no rule speaks of it")
        if kept.until is None:
            return say(
                "it must stay, no end is known ({rule}: {why})", rule=kept.rule, why=kept.why
            )
        if kept.until >= self.keeper.today:
            return say(
                "it must stay until {until} ({rule}: {why})",
                until=kept.until,
                rule=kept.rule,
                why=kept.why,
            )
        return None

    def _images_cover(self, paper: StoredPaper) -> Message | None:
        """While a rule on the other medium runs, the images must be there, proven (CG-17.3e, K19)."""
        keys = self.family(paper.images)
        rules = self.keeper.of_voucher(paper.booked, Medium.ELECTRONIC)
        kept = longest((*rules, *self.keeper.for_good()))
        if not self._runs(kept):
            return None
        within = timedelta(days=self.keeper.parts.settings.verify.within_days)
        proven = self.keeper.parts.catalog.copies.proven(keys, datetime.now(UTC) - within)
        if not keys or any(proven.get(key, 0) < _LEAST_PROVEN for key in keys):
            return say(
                "its images do not cover the rest of the time: {count} proven copies each are needed; run "
                "“paperproof storage verify”",
                count=_LEAST_PROVEN,
            )
        return None

    def _paper_covers(self, keys: Iterable[str]) -> Message | None:
        """While a rule on the papers runs, they must be in store."""
        catalog = self.keeper.parts.catalog
        pages = {page for some in catalog.named.contents(list(keys)).values() for page in some}
        places = (one for some in catalog.volumes.places(pages).values() for one in some)
        rows = {(one.branch, one.booked.serial_no): one.booked for one in places if one.booked}
        for booked in rows.values():
            if not self._runs(longest(self.keeper.of_voucher(booked, Medium.PAPER))):
                continue
            if not any(one.papers for one in self.keeper.vouchers([booked])):
                return say(
                    "its paper, which must stay longer, is not in store ({serial})",
                    serial=booked.serial_no,
                )
        return None

    def _runs(self, kept: Keeping | None) -> bool:
        return kept is not None and (kept.until is None or kept.until >= self.keeper.today)

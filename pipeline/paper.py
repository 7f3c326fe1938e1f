"""The paper side of the closing: what was registered before scanning, against the images (CG-13a, CG-16.1a).

Registered papers = with an image + explained + without image. A paper is counted as on a batch's cover: a
page with writing on; blank backs and our own sheets are none. What was registered is compared in the
group it was registered in: single papers by serial number, a batch, or all papers of a handler. Papers
of batches and handlers for which nothing was registered are not compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipeline.language import Message, say


class PaperAct(StrEnum):
    """What a person did to the register."""

    REGISTER = "register"
    EXPLAIN = "explain"
    UNDO = "undo"


class PaperReason(StrEnum):
    """Why a paper has no image; a closed list, so that the reasons can be counted."""

    MISCOUNTED = "miscounted"
    SPOILED = "spoiled"
    RETURNED = "returned"
    ELSEWHERE = "elsewhere"
    IMAGED_ELSEWHERE = "imaged_elsewhere"
    ATTACHMENT = "attachment"
    UNSCANNABLE = "unscannable"
    LOST = "lost"


REASONS: Mapping[PaperReason, Message] = {
    PaperReason.MISCOUNTED: say("counted wrongly: there is no such paper"),
    PaperReason.SPOILED: say("a spoiled form"),
    PaperReason.RETURNED: say("given back to the customer"),
    PaperReason.ELSEWHERE: say("belongs to another branch or day, and was passed on"),
    PaperReason.IMAGED_ELSEWHERE: say("its image came with another batch"),
    PaperReason.ATTACHMENT: say("an attachment that is not to be scanned"),
    PaperReason.UNSCANNABLE: say("cannot be scanned"),
    PaperReason.LOST: say("lost, and reported"),
}


@dataclass(frozen=True)
class PaperKey:
    """Which papers: one by its serial number, those of a batch, or those of a handler; none named: any."""

    serial_no: str | None = None
    batch: str | None = None
    handler: str | None = None


@dataclass(frozen=True)
class PaperEntry:
    """One act in the register."""

    no: int
    kind: PaperAct
    count: int
    of: PaperKey
    serials: tuple[str, ...]
    """Serial numbers of the papers registered, one a paper; empty where they were only counted."""
    reason: PaperReason | None
    note: str
    person: str
    at: datetime
    undone: bool = False


@dataclass(frozen=True)
class PaperImage:
    """An image that one paper may have."""

    batch: str
    serial_no: str | None
    """Of the transaction it is matched with; None where it is matched with none."""
    handler: str | None
    """Who handled that transaction."""
    replaced: bool = False
    """A page that was refused here and came again in another batch: it counts for its own batch alone."""


@dataclass(frozen=True)
class PaperGroup:
    """Papers that were registered together, against their images."""

    of: PaperKey
    registered: int
    images: int
    explanations: int
    person: str | None
    """Who answers for them: the handler, else who registered them."""
    by_cover: bool = False
    """Registered by a batch's cover alone."""

    @property
    def imaged(self) -> int:
        """Papers with an image."""
        return min(self.registered, self.images)

    @property
    def explained(self) -> int:
        """Papers without an image of which it was said why."""
        return min(self.registered - self.imaged, self.explanations)

    @property
    def without_image(self) -> int:
        """Papers that nobody has explained."""
        return self.registered - self.imaged - self.explained

    @property
    def over(self) -> int:
        """Images and explanations beyond the papers registered."""
        return self.images + self.explanations - self.imaged - self.explained


def count_papers(
    entries: Iterable[PaperEntry], covers: Mapping[str, int], images: Sequence[PaperImage]
) -> tuple[PaperGroup, ...]:
    """Compare what was registered of a branch and day with its images, group by group.

    ``covers`` are batch -> pages by the batch's cover; a batch that a person registered counts by that.
    An image belongs to one group only: its serial number's, its batch's, its handler's, in that order.
    Images that are matched with nothing stand for papers of handlers who lack some. Explanations go to
    the groups that lack papers: of those that they name the one named most exactly first.
    """
    standing = [entry for entry in entries if not entry.undone]
    registers = [entry for entry in standing if entry.kind is PaperAct.REGISTER]
    left = list(images)
    groups = [*_single(registers, left), *_batches(registers, covers, left)]
    groups += _handlers(registers, left)
    return _explained(groups, [one for one in standing if one.kind is PaperAct.EXPLAIN])


def _single(registers: Iterable[PaperEntry], left: list[PaperImage]) -> list[PaperGroup]:
    groups = []
    for entry in registers:
        for serial in entry.serials:
            own = next((one for one in left if one.serial_no == serial), None)
            if own:
                left.remove(own)
            key = PaperKey(serial, entry.of.batch, entry.of.handler)
            groups.append(PaperGroup(key, 1, int(own is not None), 0, _answers(entry)))
    return groups


def _batches(
    registers: Iterable[PaperEntry], covers: Mapping[str, int], left: list[PaperImage]
) -> list[PaperGroup]:
    """Batches that a person registered, then those that a cover alone did."""
    single: Counter[str] = Counter()
    counted: dict[str, PaperGroup] = {}
    for entry in registers:
        batch = entry.of.batch
        if batch is None:
            continue
        if entry.serials:
            single[batch] += entry.count
            continue
        key = PaperKey(None, batch, entry.of.handler)
        counted[batch] = PaperGroup(key, entry.count, 0, 0, _answers(entry))
    for batch, pages in covers.items():
        rest = pages - single[batch]
        if batch not in counted and rest > 0:
            counted[batch] = PaperGroup(PaperKey(None, batch), rest, 0, 0, None, by_cover=True)
    found = Counter(one.batch for one in left if one.batch in counted)
    left[:] = [one for one in left if one.batch not in counted and not one.replaced]
    return [replace(group, images=found[batch]) for batch, group in counted.items()]


def _handlers(registers: Iterable[PaperEntry], left: list[PaperImage]) -> list[PaperGroup]:
    counted: Counter[str] = Counter()
    for entry in registers:
        if entry.of.batch is None and not entry.serials:
            counted[entry.of.handler or ""] += entry.count
    found = Counter(one.handler for one in left)
    nobodys = found[None]
    groups = []
    for handler, registered in counted.items():
        taken = min(nobodys, max(0, registered - found[handler]))
        nobodys -= taken
        key = PaperKey(handler=handler)
        groups.append(PaperGroup(key, registered, found[handler] + taken, 0, handler))
    return groups


def _explained(
    groups: Iterable[PaperGroup], explanations: Sequence[PaperEntry]
) -> tuple[PaperGroup, ...]:
    """Give each explanation to the groups that lack papers, those that it names most exactly first.

    What is more than they lack stands with the closest of them; what fits no registered papers, or names
    none, is a group of its own.
    """
    found = list(groups)
    for entry in sorted(explanations, key=lambda one: one.of == PaperKey()):
        rest = entry.count
        near = [index for index, group in enumerate(found) if _is_about(entry.of, group.of)]
        near.sort(key=lambda index: _unsaid(entry.of, found[index].of))
        for index in near:
            given = min(rest, found[index].without_image)
            found[index] = _with_explanations(found[index], given)
            rest -= given
        if rest and near and entry.of != PaperKey():
            found[near[0]] = _with_explanations(found[near[0]], rest)
        elif rest:
            found.append(PaperGroup(entry.of, 0, 0, rest, entry.person))
    return tuple(found)


def _with_explanations(group: PaperGroup, more: int) -> PaperGroup:
    return replace(group, explanations=group.explanations + more)


def _unsaid(told: PaperKey, group: PaperKey) -> int:
    """How much of what the group was registered by an explanation leaves open."""
    return sum(
        mine is None and own is not None
        for mine, own in zip(astuple(told), astuple(group), strict=True)
    )


def _is_about(told: PaperKey, group: PaperKey) -> bool:
    """Whether an explanation that names these papers is about that group."""
    return (
        told.serial_no in (None, group.serial_no)
        and told.batch in (None, group.batch)
        and told.handler in (None, group.handler)
    )


def _answers(entry: PaperEntry) -> str:
    return entry.of.handler or entry.person

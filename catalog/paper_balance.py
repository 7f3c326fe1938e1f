"""A branch and day's papers against its images, and a name for what does not agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.discrepancies import DayInHand, Kind, discrepancy
from pipeline.balance import CatalogedPage, Discrepancy
from pipeline.language import Message, say
from pipeline.model import FieldName
from pipeline.paper import PaperGroup, PaperImage, PaperKey, count_papers
from pipeline.vouchers import BatchCount, counted_by_cover


def papers_of(hand: DayInHand) -> tuple[PaperGroup, ...]:
    """Compare the registered papers with the images in hand; empty where nothing was registered."""
    covers: dict[str, int] = {}
    for each in _own_covers(hand):
        covers[each.page.batch] = covers.get(each.page.batch, 0) + each.cover.pages
    return count_papers(hand.registered, covers, _images(hand))


def paper_counts(groups: Sequence[PaperGroup]) -> dict[str, int]:
    """Return the paper terms of the closing equation."""
    return {
        "papers": sum(group.registered for group in groups),
        "imaged_papers": sum(group.imaged for group in groups),
        "explained_papers": sum(group.explained for group in groups),
        "papers_without_image": sum(group.without_image for group in groups),
        "over_papers": sum(group.over for group in groups),
    }


def paper_gaps(hand: DayInHand, groups: Iterable[PaperGroup]) -> Iterable[Discrepancy]:
    """Name the groups that do not balance; a cover that differs is told as such already."""
    covers = {each.page.batch: each for each in _own_covers(hand)}
    for group in groups:
        cover = covers.get(group.of.batch or "") if group.by_cover else None
        if cover and not cover.agrees:
            continue
        pages = (cover.page,) if cover else ()
        if group.without_image:
            yield _gap(hand, group, Kind.PAPER_WITHOUT_IMAGE, pages)
        if group.over:
            yield _gap(hand, group, Kind.MISSING_PAPER, pages)


def _gap(
    hand: DayInHand, group: PaperGroup, kind: Kind, pages: tuple[CatalogedPage, ...]
) -> Discrepancy:
    scanned = group.of.handler is None
    return discrepancy(
        hand,
        kind,
        group.of.serial_no,
        pages,
        _without(group) if kind is Kind.PAPER_WITHOUT_IMAGE else _over(group),
        say(
            "Scan the papers and take them in, or say why they have no image with “paperproof paper "
            "explain”; then close the day again."
        )
        if kind is Kind.PAPER_WITHOUT_IMAGE
        else say(
            "Count the paper; register what was left out with “paperproof paper register”, or take a wrong "
            "entry back with “paperproof paper undo”; then close the day again."
        ),
        read={"imaged_papers": str(group.images), "explained_papers": str(group.explanations)},
        expected={"papers": str(group.registered)},
        owner="scan_operator" if scanned else None,
        owner_name=group.person,
    )


def _without(group: PaperGroup) -> Message:
    return say(
        "{papers}: {registered} registered, {imaged} have an image, {explained} are explained, "
        "{without} have no image.",
        papers=whose(group.of),
        registered=group.registered,
        imaged=group.imaged,
        explained=group.explained,
        without=group.without_image,
    )


def _over(group: PaperGroup) -> Message:
    return say(
        "{papers}: {registered} registered, but {images} images and {explained} explanations are there.",
        papers=whose(group.of),
        registered=group.registered,
        images=group.images,
        explained=group.explanations,
    )


def whose(key: PaperKey) -> Message:
    """Say which papers a key means."""
    if key.serial_no is not None:
        return say("Paper {serial}", serial=key.serial_no)
    if key.batch is not None:
        return say("Papers of batch {batch}", batch=key.batch)
    if key.handler is not None:
        return say("Papers of handler {handler}", handler=key.handler)
    return say("Papers of the day")


def _own_covers(hand: DayInHand) -> list[BatchCount]:
    """Covers of this branch and day; a foreign one registers nothing here."""
    counts = counted_by_cover(hand.pages)
    return [each for each in counts if each.cover.is_of(hand.branch, hand.day)]


def _images(hand: DayInHand) -> list[PaperImage]:
    """Give one image a paper: a second scan of a paper is none, nor is a blank page or a refused one.

    A refused page whose transaction another batch's page is matched with has its image there.
    """
    again = {copy.delivery_id for copy, _ in hand.matching.duplicates}
    tellers = {transaction.serial_no: transaction.teller_no for transaction in hand.transactions}
    serials = {page.delivery_id: m.serial_no for m in hand.matching.matches for page in m.pages}
    batches = {m.serial_no: {page.batch for page in m.pages} for m in hand.matching.matches}
    found = []
    for page in hand.pages:
        serial = serials.get(page.delivery_id)
        if page.state == "admitted" and page.delivery_id not in again:
            found.append(PaperImage(page.batch, serial, tellers.get(serial) if serial else None))
        elif page.state == "refused" and page.batch not in batches.get(_read(page), {page.batch}):
            found.append(PaperImage(page.batch, None, None, replaced=True))
    return found


def _read(page: CatalogedPage) -> str:
    field = page.fields.get(FieldName.SERIAL_NO)
    return field.value if field else ""

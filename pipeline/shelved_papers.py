"""Every paper in store with owner and custody, and which of them another branch should have (CG-21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from pipeline.archive import Archive, by_customer
from pipeline.succession import Successions
from pipeline.transfer import PaperName, ShelvedPaper, Transfer, TransferState, Why

_NONE = Successions()


def shelved(
    archives: Iterable[Archive],
    transfers: Iterable[Transfer],
    successions: Successions = _NONE,
) -> tuple[ShelvedPaper, ...]:
    """Give every paper in store with its owner and custody, in customer order.

    Owner: the branch of the customer's archive, and after a merger or split the branch that accepted the
    paper. Custody: the branch that took it in, and after a transfer the branch that accepted it; what comes
    in under the number of a branch that was merged, its successor took in.
    """
    custody: dict[PaperName, str] = {}
    owners: dict[PaperName, str] = {}
    for one in transfers:
        if one.state is not TransferState.CLOSED:
            continue
        custody |= dict.fromkeys((paper.name for paper in one.accepted), one.taker)
        if one.why is not Why.OWNER:
            theirs = (paper.name for paper in one.accepted if paper.owner == one.giver)
            owners |= dict.fromkeys(theirs, one.taker)
    return tuple(
        ShelvedPaper(
            archive.customer_no,
            line.number,
            line.day,
            line.content,
            line.serial_no,
            line.pages,
            owners.get((archive.customer_no, line.number), archive.branch),
            custody.get(
                (archive.customer_no, line.number), successions.received_by(line.branch, line.at)
            ),
        )
        for archive in sorted(archives, key=lambda each: by_customer(each.customer_no))
        for line in archive.in_store
    )


def free(papers: Iterable[ShelvedPaper], transfers: Iterable[Transfer]) -> list[ShelvedPaper]:
    """Give the papers that are on no open transfer."""
    taken = {paper.name for one in transfers if one.is_open for paper in one.papers}
    return [one for one in papers if one.name not in taken]


def to_owners(
    papers: Iterable[ShelvedPaper], successions: Successions = _NONE
) -> Mapping[tuple[str, str], Sequence[ShelvedPaper]]:
    """Give (from, to) -> the papers that lie with another branch than their customer's (CG-21a).

    Where that branch was merged they go to its successor, what was refused when it was merged too.
    """
    found: dict[tuple[str, str], list[ShelvedPaper]] = {}
    for one in papers:
        to = successions.heir(one.owner)
        if one.custody != to:
            found.setdefault((one.custody, to), []).append(one)
    return {pair: found[pair] for pair in sorted(found)}


def overdue(
    papers: Iterable[ShelvedPaper],
    today: date,
    by: tuple[int, int],
    successions: Successions = _NONE,
) -> tuple[ShelvedPaper, ...]:
    """Give the papers that should have been handed over by ``by`` (month, day) of this year (CG-21b).

    Each with the branch that it is to go to: where its owner was merged the successor, to whom it is due
    since the merger.
    """
    first_in_time = today.year if today > date(today.year, *by) else today.year - 1
    found = []
    for one in papers:
        merged = successions.of(one.owner)
        since = max(one.day, merged.first_day) if merged else one.day
        to = successions.heir(one.owner)
        if one.custody != to and since.year < first_in_time:
            found.append(replace(one, owner=to))
    return tuple(found)

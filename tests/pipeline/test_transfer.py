"""Papers between branches: whose they are, where they lie, and what moves them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.archive import Archive, Line, LineKind
from pipeline.errors import UserError
from pipeline.shelved_papers import free, overdue, shelved, to_owners
from pipeline.succession import Succession, Successions
from pipeline.transfer import (
    ListedArchive,
    ShelvedPaper,
    Transfer,
    TransferAct,
    TransferActKind,
    TransferState,
    Why,
)

AT = datetime(2027, 3, 1, tzinfo=UTC)
SIGNED, ACCEPTED = TransferActKind.SIGNED, TransferActKind.ACCEPTED
REFUSED, CLOSED = TransferActKind.REFUSED, TransferActKind.CLOSED


def line(customer: str, number: int, branch: str = "3301") -> Line:
    return Line(
        customer, number, LineKind.RECEIVED, branch, date(2026, 11, 19), f"S{number}", "资金取出",
        "ASSET", 2, "BAG-000001", None, "", "何静", AT,
    )  # fmt: skip


def archive(customer: str, owner: str, *lines: Line) -> Archive:
    return Archive(customer, owner, f"BAG-{customer}", "何静", AT, lines)


def paper(number: int, owner: str = "3302", custody: str = "3301") -> ShelvedPaper:
    return ShelvedPaper("94", number, date(2026, 11, 19), "资金取出", "S", 2, owner, custody)


def act(
    kind: TransferActKind, person: str = "吴敏", *papers: int, reason: str = "缺页"
) -> TransferAct:
    return TransferAct(kind, person, AT, tuple(("94", number) for number in papers), reason)


def transfer(*acts: TransferAct, why: Why = Why.OWNER, papers: int = 2) -> Transfer:
    owner = "3302" if why is Why.OWNER else "3301"
    listed = tuple(paper(number, owner) for number in range(1, papers + 1))
    bags = (ListedArchive("94", "BAG-94"),) if why is not Why.OWNER else ()
    one = Transfer(1, "3301", "3302", why, listed, "何静", AT, archives=bags)
    for each in acts:
        one = one.with_act(each)
    return one


DONE = (act(SIGNED, "何静"), act(ACCEPTED, "吴敏", 1), act(REFUSED, "吴敏", 2), act(CLOSED))


LATER = datetime(2027, 3, 2, tzinfo=UTC)
COUNTED = (*DONE[:-1], replace(DONE[-1], counted=(1, 1)))
MERGED = Successions((Succession("3301", "3302", date(2027, 3, 1), 1, "总部甲", LATER),))


def test_what_is_refused_in_a_merger_is_listed_for_the_successor() -> None:
    archives = [archive("94", "3301", line("94", 1), line("94", 2))]
    one = transfer(*COUNTED, why=Why.MERGER)
    assert [each.bag for each in one.going] == ["BAG-94"], "the bag goes with its first paper"
    ((pair, listed),) = to_owners(shelved(archives, [one], MERGED), MERGED).items()
    assert pair == ("3301", "3302") and [each.entry for each in listed] == ["94-0002"]
    none = transfer(DONE[0], act(REFUSED, "吴敏", 1, 2), why=Why.MERGER)
    assert not none.going, "and stays where every paper was refused"


@pytest.mark.requirement("CG-21e")
@pytest.mark.parametrize("counted", [None, (0, 1), (1, 2)])
def test_a_merger_is_signed_only_when_the_counts_agree(counted: tuple[int, int] | None) -> None:
    with pytest.raises(UserError, match=r"[Cc]ount"):
        transfer(*DONE[:-1], replace(DONE[-1], counted=counted), why=Why.MERGER)


def test_what_comes_in_under_the_old_number_lies_with_the_successor() -> None:
    late = replace(line("94", 1), at=LATER)
    before = replace(late, number=2, at=AT)
    papers = shelved([archive("94", "3302", late, before)], [], MERGED)
    assert [one.custody for one in papers] == ["3302", "3301"]


@pytest.mark.requirement("CG-17.4a", "CG-21a")
def test_what_lies_with_another_branch_than_its_customers_is_listed() -> None:
    papers = shelved(
        [archive("94", "3302", line("94", 1)), archive("95", "3301", line("95", 1))], []
    )
    assert [(one.entry, one.owner, one.custody) for one in papers] == [
        ("94-0001", "3302", "3301"),
        ("95-0001", "3301", "3301"),
    ]
    ((pair, listed),) = to_owners(papers).items()
    assert pair == ("3301", "3302") and [one.entry for one in listed] == ["94-0001"]


@pytest.mark.requirement("CG-21e")
def test_only_what_was_accepted_moves_and_only_once_both_signed() -> None:
    archives = [archive("94", "3302", line("94", 1), line("94", 2))]
    before = transfer(*DONE[:-1])
    assert {one.custody for one in shelved(archives, [before])} == {"3301"}
    after = transfer(*DONE)
    assert [one.custody for one in shelved(archives, [after])] == ["3302", "3301"]
    assert [one.entry for one in after.refused] == ["94-0002"]
    assert len(after.papers) == len(after.accepted) + len(after.refused)


def test_a_merger_moves_the_owner_too() -> None:
    archives = [archive("94", "3301", line("94", 1), line("94", 2))]
    merged = shelved(archives, [transfer(*COUNTED, why=Why.MERGER)])
    assert [(one.owner, one.custody) for one in merged] == [("3302", "3302"), ("3301", "3301")]
    assert not to_owners(merged)


def test_papers_on_an_open_list_are_not_listed_twice() -> None:
    papers = [paper(1), paper(2)]
    assert not free(papers, [transfer()])
    assert len(free(papers, [transfer(*DONE)])) == 2, "who refused decides nothing for good"
    withdrawn = transfer(act(TransferActKind.WITHDRAWN))
    assert withdrawn.state is TransferState.WITHDRAWN and len(free(papers, [withdrawn])) == 2


@pytest.mark.parametrize(
    ("before", "then", "told"),
    [
        ((), act(ACCEPTED, "吴敏", 1), "is listed, not signed"),
        (DONE[:1], act(SIGNED, "何静"), "is under way"),
        (DONE[:1], act(ACCEPTED, " 何静 ", 1), "somebody of branch 3302"),
        (DONE[:1], act(CLOSED), "2 papers of transfer JJ-000001 are neither"),
        (DONE[:2], act(ACCEPTED, "吴敏", 1), "94-0001 is not on transfer"),
        (DONE[:1], act(ACCEPTED, "吴敏", 9), "94-0009 is not on transfer"),
        (DONE[:1], act(REFUSED, "吴敏", 1, reason=" "), "Say why"),
        (DONE, act(REFUSED, "吴敏", 1), "is signed by both"),
        (DONE, act(TransferActKind.WITHDRAWN), "is signed by both"),
    ],
)
def test_what_cannot_be_done_is_told(
    before: tuple[TransferAct, ...], then: TransferAct, told: str
) -> None:
    with pytest.raises(UserError, match=told):
        transfer(*before).with_act(then)


@pytest.mark.requirement("CG-21b")
@pytest.mark.parametrize(
    ("today", "late"),
    [
        (date(2026, 12, 31), 0),
        (date(2027, 3, 31), 0),
        (date(2027, 4, 1), 1),
        (date(2028, 3, 31), 1),
    ],
)
def test_last_years_papers_are_overdue_after_31_march(today: date, late: int) -> None:
    papers = [paper(1), paper(2, owner="3301")]
    assert len(overdue(papers, today, (3, 31))) == late


def test_what_a_merged_branch_owned_is_overdue_for_its_successor() -> None:
    refused, theirs = paper(1, owner="3301"), paper(2, owner="3301", custody="3302")
    late = overdue([refused, theirs], date(2028, 4, 1), (3, 31), MERGED)
    assert [(one.entry, one.custody, one.owner) for one in late] == [("94-0001", "3301", "3302")]
    assert not overdue([refused], date(2027, 4, 1), (3, 31), MERGED), "due since the merger"


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_counts_agree_whatever_is_decided(decisions: list[bool]) -> None:
    one = transfer(act(SIGNED, "何静"), papers=len(decisions))
    for number, good in enumerate(decisions, start=1):
        one = one.with_act(act(ACCEPTED if good else REFUSED, "吴敏", number))
        assert len(one.papers) == len(one.accepted) + len(one.refused) + len(one.waiting)
    assert one.with_act(act(CLOSED)).state is TransferState.CLOSED
    assert len(one.accepted) == sum(decisions)

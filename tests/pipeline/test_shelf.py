"""Where containers stand."""

from datetime import UTC, datetime

import pytest

from pipeline.errors import UserError
from pipeline.shelf import (
    Container,
    ContainerKind,
    Move,
    checked_place,
    may_move,
    path_of,
    within,
)

AT = datetime(2026, 11, 27, tzinfo=UTC)


def placed(number: str, kind: ContainerKind, *into: str, branch: str = "3301") -> Container:
    return Container(number, kind, branch, "", tuple(Move(one, "何静", AT, "") for one in into))


ROOM = placed("R1", ContainerKind.ROOM)
CABINET = placed("C1", ContainerKind.CABINET, "R1")
BOXES = (placed("X1", ContainerKind.BOX, "C1"), placed("X2", ContainerKind.BOX, "C1"))
BAG = placed("BAG-000001", ContainerKind.BAG, "X1", "X2")
ALL = {one.number: one for one in (ROOM, CABINET, *BOXES, BAG)}


def test_the_last_move_counts_and_the_path_leads_from_the_room() -> None:
    assert [one.number for one in path_of("BAG-000001", ALL)] == ["R1", "C1", "X2", "BAG-000001"]
    assert [one.number for one in within("C1", ALL)] == ["BAG-000001"]
    assert within("X1", ALL) == []


@pytest.mark.parametrize(
    ("what", "into"), [(ROOM, BOXES[0]), (BOXES[0], BOXES[1]), (BOXES[0], BAG)]
)
def test_nothing_goes_into_what_is_no_larger(what: Container, into: Container) -> None:
    with pytest.raises(UserError, match="does not go into"):
        may_move(what, into)


def test_papers_do_not_move_to_another_branch_by_themselves() -> None:
    with pytest.raises(UserError, match="hand-over only"):
        may_move(BAG, placed("X9", ContainerKind.BOX, branch="3302"))


@pytest.mark.parametrize("number", ["", "BAG-1", "vol-1", "a b", "柜1", "x" * 25])
def test_a_places_number_can_stand_in_a_barcode(number: str) -> None:
    with pytest.raises(UserError, match="cannot be a place's number"):
        checked_place(number)

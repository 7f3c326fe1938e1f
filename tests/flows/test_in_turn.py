"""What waits for work ahead is done in its order, whoever finishes first; an error ends it."""

import threading
import time

import pytest

from flows.in_turn import InTurn, in_turn


@pytest.mark.parametrize("threads", [1, 4])
def test_acts_are_done_in_the_order_in_which_they_came(threads: int) -> None:
    here, done = threading.get_ident(), []
    with in_turn(threads) as turn:
        for number in range(50):
            made = turn.ahead(str(number), lambda number=number: number)  # type: ignore[misc]
            turn.then(lambda made=made: done.append((made(), threading.get_ident())))  # type: ignore[misc]
        turn.finish()
    assert done == [(number, here) for number in range(50)]


def test_the_first_may_be_slowest_and_no_more_wait_than_may() -> None:
    others, begun = threading.Barrier(2, timeout=10), []

    def work(number: int) -> int:
        begun.append(number)
        if number < 2:
            others.wait()  # passes only when both are worked on at once
        return number

    done: list[int] = []
    with in_turn(2) as turn:
        for number in range(9):
            made = turn.ahead(str(number), lambda number=number: work(number))  # type: ignore[misc]
            turn.then(lambda made=made: done.append(made()))  # type: ignore[misc]
            assert number - len(done) < 4 + 1
        turn.finish()
    assert done == list(range(9)) == sorted(begun)


@pytest.mark.parametrize("threads", [1, 4])
def test_what_work_raises_is_raised_in_its_turn_and_ends_the_rest(threads: int) -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number == 3:
            raise ValueError(number)
        return number

    def all_of_it(turn: InTurn) -> None:
        for number in range(20):
            made = turn.ahead(str(number), lambda number=number: work(number))  # type: ignore[misc]
            turn.then(lambda made=made: done.append(made()))  # type: ignore[misc]
        turn.finish()

    with pytest.raises(ValueError, match="3"), in_turn(threads) as turn:
        all_of_it(turn)
    assert done == [0, 1, 2]


def test_in_one_thread_nothing_is_begun_before_its_turn() -> None:
    with in_turn(1) as turn:
        begun: list[str] = []
        made = turn.ahead("a", lambda: begun.append("work"))
        assert begun == []
        turn.then(made)
        assert begun == ["work"]
        made()
        assert begun == ["work"], "it is done once, however often it is waited for"


def test_two_with_one_key_are_never_worked_on_at_once() -> None:
    at_work, most = [0], [0]

    def work() -> None:
        at_work[0] += 1
        most[0] = max(most[0], at_work[0])
        time.sleep(0.01)
        at_work[0] -= 1

    with in_turn(4) as turn:
        for _ in range(6):
            turn.then(turn.ahead("the same", work))
        turn.finish()
    assert most == [1]

"""What stands of a field that people keyed, whoever did what in whatever order."""

import pytest

from pipeline.errors import UserError
from pipeline.keying.tasks import Act, ActKind, Cause, KeyingTask, State
from pipeline.model import FieldName


def task(*acts: str, field: FieldName = FieldName.AMOUNT) -> KeyingTask:
    """Make a task of acts "person: value"; the value ? is cannot, - is undo, ! is look."""
    kinds = {"?": ActKind.CANNOT, "-": ActKind.UNDO, "!": ActKind.LOOK}
    done = []
    for act in acts:
        person, said = act.split(": ")
        kind = kinds.get(said, ActKind.VALUE)
        done.append(Act(person, kind, "" if said in "-!" else said))
    return KeyingTask(1, "0" * 64, field, Cause.NOT_READ, tuple(done))


@pytest.mark.requirement("B1-19", "RC-06")
@pytest.mark.parametrize(
    ("acts", "state", "value"),
    [
        ((), State.OPEN, None),
        (("an: 1.00",), State.OPEN, None),
        (("an: ?",), State.OPEN, None),
        (("an: 1.00", "bo: 1.00"), State.SETTLED, "1.00"),
        (("an: 1.00", "bo: 2.00"), State.DISPUTED, None),
        (("an: 1.00", "bo: ?"), State.DISPUTED, None),
        (("an: ?", "bo: ?"), State.GIVEN_UP, None),
        (("an: 1.00", "bo: 2.00", "cy: 2.00"), State.SETTLED, "2.00"),
        (("an: 1.00", "bo: 2.00", "cy: ?"), State.GIVEN_UP, None),
        (("an: 1.00", "bo: ?", "cy: 1.00"), State.SETTLED, "1.00"),
        (("an: 1.00", "bo: 2.00", "cy: 3.00"), State.DISPUTED, None),  # one alone settles nothing
        (("an: 1.00", "bo: 2.00", "cy: 3.00", "di: 1.00"), State.SETTLED, "1.00"),
        (("an: 1.00", "bo: 2.00", "bo: -"), State.OPEN, None),
        (("an: 1.00", "an: -", "bo: 1.00"), State.OPEN, None),
    ],
)
def test_two_persons_must_agree_on_an_amount(
    acts: tuple[str, ...], state: State, value: str | None
) -> None:
    assert (task(*acts).state, task(*acts).value) == (state, value)


def test_one_person_is_enough_for_a_name() -> None:
    assert task("an: 余玲", field=FieldName.CUSTOMER_NAME).state is State.SETTLED
    assert task("an: ?", field=FieldName.CUSTOMER_NAME).state is State.GIVEN_UP


def test_nobody_sees_the_value_that_stands_before_theirs() -> None:
    once = task("an: 1.00")
    assert once.shown_to("bo") == ()
    assert [one.content for one in once.shown_to("an")] == ["1.00"]
    disputed = task("an: 2.00", "bo: 1.00")
    assert [one.content for one in disputed.shown_to("an")] == ["2.00"]


def test_who_decides_sees_both_values_but_not_whose_they_are() -> None:
    shown = task("an: 2.00", "bo: 1.00").shown_to("cy")
    assert [(one.person, one.content) for one in shown] == [("", "1.00"), ("", "2.00")]


def test_what_is_done_is_shown_with_names() -> None:
    shown = task("an: 2.00", "bo: 2.00").shown_to("cy")
    assert [one.person for one in shown] == ["an", "bo"]


@pytest.mark.parametrize("name", ["an", "AN", " an ", "ａｎ"])
def test_nobody_keys_both_times_under_another_spelling(name: str) -> None:
    with pytest.raises(UserError, match="another person must key it"):
        task("an: 1.00").must_wait_for(name)


def test_what_is_done_is_keyed_no_more() -> None:
    with pytest.raises(UserError, match="is done"):
        task("an: 1.00", "bo: 1.00").must_wait_for("cy")


@pytest.mark.parametrize(
    ("acts", "why"),
    [
        (("an: 1.00", "bo: 1.00"), "settled and stands"),
        (("bo: 2.00", "an: 1.00", "cy: !"), "another person has worked"),
        (("an: 1.00", "bo: 2.00"), "another person has worked"),
    ],
)
def test_an_entry_is_not_taken_back_once_another_knows_of_it(
    acts: tuple[str, ...], why: str
) -> None:
    with pytest.raises(UserError, match=why):
        task(*acts).must_be_undoable("an")


def test_an_entry_is_taken_back_while_nobody_knows_of_it() -> None:
    task("an: 1.00").must_be_undoable("an")
    task("an: ?", "bo: ?").must_be_undoable("bo")
    task("bo: 2.00", "an: 1.00").must_be_undoable("an")

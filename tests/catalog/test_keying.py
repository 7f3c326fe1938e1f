"""The keying queue: what people do to it, in any order, is kept, logged and adds up."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.catalog import Catalog
from catalog.deliveries import StoredPage, admitted
from catalog.log import entries
from catalog.tables import keying_act, keying_task
from pipeline.errors import UserError
from pipeline.keying.tasks import ActKind, Cause, KeyingTask, State, Unreadable
from pipeline.measured import ScanParameters
from pipeline.model import Batch, ColourMode, Delivery, FieldName
from tests.databases import KeptDatabases

DAY = date(2026, 11, 19)
SHA = "a" * 64
BOTH = {FieldName.AMOUNT: Cause.NOT_READ, FieldName.CUSTOMER_NAME: Cause.UNSURE}


def admit(
    catalog: Catalog, sha256: str = SHA, name: str = "0001.jpg", branch: str = "3301"
) -> None:
    arrival = Delivery(Batch(branch, DAY, "station-1", "wang", "batch-01"), name, 1, sha256)
    parameters = ScanParameters("JPEG", 9, 9, 9, (200, 200), ColourMode.COLOUR, 0.0, 0.1, "0" * 16)
    stored = StoredPage(sha256, ".jpg", 9, None, 1, parameters, {"primary": None})
    catalog.pages.enter([admitted(arrival, stored)])


@pytest.fixture
def asked(catalog: Catalog) -> Catalog:
    admit(catalog)
    catalog.keying.ask({SHA: BOTH}, "tester")
    return catalog


def test_a_field_is_asked_for_once(asked: Catalog) -> None:
    more = {SHA: {**BOTH, FieldName.SERIAL_NO: Cause.TWO_SERIALS}}
    assert asked.keying.ask(more, "tester") == 1
    tasks = asked.keying.tasks(DAY, "3301")
    assert [(task.no, task.field, task.cause) for task in tasks] == [
        (1, FieldName.AMOUNT, Cause.NOT_READ),
        (2, FieldName.CUSTOMER_NAME, Cause.UNSURE),
        (3, FieldName.SERIAL_NO, Cause.TWO_SERIALS),
    ]
    assert (tasks[0].page, tasks[0].batch) == ("0001.jpg", "batch-01")
    assert asked.keying.tasks(DAY, "3302") == asked.keying.tasks(date(2026, 11, 20)) == ()


def test_a_page_delivered_twice_is_asked_for_once(asked: Catalog) -> None:
    admit(asked, name="again.jpg")
    admit(asked, branch="3302")
    assert [task.page for task in asked.keying.tasks()] == ["0001.jpg", "0001.jpg"]
    assert [task.branch for task in asked.keying.tasks(DAY, "3302")] == ["3302", "3302"]


def test_two_persons_settle_an_amount(asked: Catalog) -> None:
    asked.keying.enter(1, "an", "54930.33")
    with pytest.raises(UserError, match="another person"):
        asked.keying.enter(1, "An", "54930.33")
    assert [task.no for task in asked.keying.waiting_for("an")] == [2]
    assert [task.no for task in asked.keying.waiting_for("bo")] == [1, 2]
    assert asked.keying.enter(1, "bo", "54930.33").value == "54930.33"
    assert asked.keying.counts(DAY, "3301") == {
        State.OPEN: 1,
        State.DISPUTED: 0,
        State.SETTLED: 1,
        State.GIVEN_UP: 0,
        State.CLOSED: 0,
    }


def test_what_is_shown_to_who_decides_is_an_act_and_bars_the_way_back(asked: Catalog) -> None:
    asked.keying.enter(1, "an", "1.00")
    assert asked.keying.look(1, "bo").acts[-1].kind is ActKind.VALUE  # blind: nothing was shown
    asked.keying.enter(1, "bo", "2.00")
    for _ in range(2):
        looked = asked.keying.look(1, "cy")
        assert [act.kind for act in looked.acts].count(ActKind.LOOK) == 1
    with pytest.raises(UserError, match="another person has worked"):
        asked.keying.undo("bo")
    assert asked.keying.enter(1, "cy", "2.00").state is State.SETTLED


def test_the_last_entry_is_taken_back_and_the_field_keyed_anew(asked: Catalog) -> None:
    asked.keying.cannot(2, "an", Unreadable.STAMPED)
    assert asked.keying.undo("an").state is State.OPEN
    with pytest.raises(UserError, match="no entry"):
        asked.keying.undo("an")
    assert asked.keying.enter(2, "an", "余玲").state is State.SETTLED
    with pytest.raises(UserError, match="settled and stands"):
        asked.keying.undo("an")


def test_what_was_given_up_is_keyed_anew_once_the_paper_is_found(asked: Catalog) -> None:
    with pytest.raises(UserError, match="was not given up"):
        asked.keying.reopen(1, "di")
    for person in ("an", "bo"):
        asked.keying.cannot(1, person, Unreadable.CUT_OFF)
    assert asked.keying.reopen(1, "di").state is State.OPEN
    assert asked.keying.enter(1, "an", "1.00").state is State.OPEN
    assert asked.keying.enter(1, "bo", "1.00").state is State.SETTLED


def test_a_task_that_is_not_there_is_told(asked: Catalog) -> None:
    with pytest.raises(UserError, match="no task 9"):
        asked.keying.enter(9, "an", "1.00")


def test_one_person_at_two_terminals_keys_once(asked: Catalog) -> None:
    def enter(_: int) -> bool:
        return do(asked, "an", "1.00", 1)

    with ThreadPoolExecutor(4) as terminals:
        assert sorted(terminals.map(enter, range(4))) == [False, False, False, True]
    assert len(asked.keying.task(1).entries) == 1


PEOPLE = ("an", "bo", "cy", "di")
steps = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(["1.00", "2.00", "3.00", "cannot", "undo", "look", "reopen"]),
        st.sampled_from([1, 2]),
    ),
    min_size=1,
    max_size=14,
)


def do(catalog: Catalog, person: str, what: str, no: int) -> bool:
    """Do one act where the rules allow it; say whether they did."""
    keying = catalog.keying
    try:
        if what == "undo":
            keying.undo(person)
        elif what == "look":
            before = keying.task(no)
            return keying.look(no, person) != before
        elif what == "reopen":
            keying.reopen(no, person)
        elif what == "cannot":
            keying.cannot(no, person, Unreadable.ILLEGIBLE)
        else:
            keying.enter(no, person, what)
    except UserError:
        return False
    return True


@settings(max_examples=40)
@given(steps)
def test_whatever_people_do_the_queue_keeps_its_promises(
    kept_databases: KeptDatabases, acts: list[tuple[str, str, int]]
) -> None:
    with kept_databases() as databases:
        catalog = Catalog.open(databases.new())
        admit(catalog)
        catalog.keying.ask({SHA: BOTH}, "tester")
        settled: dict[int, str] = {}
        done = 0
        for person, what, no in acts:
            done += do(catalog, person, what, no)
            tasks = catalog.keying.tasks()
            for task in tasks:
                promises_kept(task)
                if task.no in settled:  # settled once, settled for good
                    assert task.value == settled[task.no]
                if task.value is not None:
                    settled[task.no] = task.value
            assert sum(catalog.keying.counts(DAY, "3301").values()) == len(tasks) == 2
        kept_and_logged(catalog, done)
        catalog.close()


def promises_kept(task: KeyingTask) -> None:
    persons = [entry.person for entry in task.entries]
    assert len(persons) == len(set(persons))  # nobody keys both times
    votes = Counter(entry.content for entry in task.entries if entry.kind is ActKind.VALUE)
    agreed = {value for value, count in votes.items() if count >= task.needed}
    assert len(agreed) <= 1
    assert (task.state is State.SETTLED) == bool(agreed)
    for person in PEOPLE:
        if task.state is State.OPEN:  # blind: nothing of others is shown
            assert all(entry.person == person for entry in task.shown_to(person))


def kept_and_logged(catalog: Catalog, done: int) -> None:
    with catalog._engine.connect() as connection:
        assert len(connection.execute(select(keying_act)).all()) == done
        acts = [one.body["act"] for one in entries(connection)]
        states = dict(connection.execute(select(keying_task.c.no, keying_task.c.state)).all())
    assert sum(act in {f"keying.{kind}" for kind in ActKind} for act in acts) == done
    assert states == {task.no: str(task.state) for task in catalog.keying.tasks()}
    assert catalog.first_broken_log_entry() is None


def test_a_day_seen_once_tells_of_each_state_what_was_there(asked: Catalog) -> None:
    asked.keying.enter(2, "an", "余玲")
    seen = asked.foreseeing().keying
    every = [(), (State.SETTLED,), (State.OPEN, State.DISPUTED)]
    of_states = [asked.keying.tasks(DAY, "3301", states=states) for states in every]
    assert [len(tasks) for tasks in of_states] == [2, 1, 1]
    assert [seen.tasks(DAY, "3301", states=states) for states in every] == of_states
    asked.keying.enter(1, "an", "54930.33")
    asked.keying.enter(1, "bo", "54930.33")
    assert [seen.tasks(DAY, "3301", states=states) for states in every] == of_states
    assert seen.tasks(DAY, "3302") == ()

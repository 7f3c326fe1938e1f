"""Matched pages are laid on their transaction's tasks by type, and the tasks follow what is laid."""

from collections.abc import Mapping

from pipeline.balance import CatalogedPage, Match
from pipeline.profile import shipped_profile
from pipeline.tasks.laying import Laid, Papers, captured, lay
from pipeline.tasks.states import ActKind, CaptureTask, TaskAct, TaskState

from .test_planning import after_planning, row

PROFILE = shipped_profile()


def page(number: int, document_type: str | None = None) -> CatalogedPage:
    return CatalogedPage(
        f"p{number}", f"d{number}", f"{number}.jpg", "3301", number, "admitted",
        document_type=document_type,
    )  # fmt: skip


def laid(
    tasks: Mapping[tuple[str, str], CaptureTask],
    *pages: CatalogedPage,
    leader: Mapping[str, CatalogedPage] | None = None,
) -> Laid:
    papers = Papers(PROFILE, {"s1": "CHG_APP"}, leader or {})
    return lay([Match("s1", pages, "serial", 30.0, ())], tuple(tasks.values()), papers)


def names(told: Laid) -> dict[str, list[str]]:
    return {code: [one.name for one in pages] for (_, code), pages in told.pages.items()}


ASKED = after_planning([row(1, "B104")])


def test_pages_are_laid_by_their_types() -> None:
    told = laid(ASKED, page(1, "CHG_APP"), page(2, "ID_F"), page(3, "ID_B"), page(4, "RECEIPT"))
    assert names(told) == {
        "CHG_APP": ["1.jpg"], "ID_F": ["2.jpg"], "ID_B": ["3.jpg"], "RECEIPT": ["4.jpg"],
    }  # fmt: skip
    assert told.wrong == ()


def test_a_page_of_no_known_type_is_the_principal_paper_and_its_followers_are_further_pages() -> (
    None
):
    first, second, card = page(1), page(2), page(3, "ID_F")
    told = laid(ASKED, first, second, card, leader={"d2": first, "d3": first})
    assert names(told) == {"CHG_APP": ["1.jpg", "2.jpg"], "ID_F": ["3.jpg"]}
    typed = page(1, "RECEIPT")
    assert names(laid(ASKED, typed, second, leader={"d2": typed})) == {
        "RECEIPT": ["1.jpg", "2.jpg"]
    }


def test_a_paper_that_is_as_good_captures_each_task_it_satisfies() -> None:
    assert names(laid(ASKED, page(1, "ID_COPY"))) == {"ID_F": ["1.jpg"], "ID_B": ["1.jpg"]}


def test_a_page_of_a_type_that_is_not_asked_for_is_told() -> None:
    told = laid(ASKED, page(1, "CHG_APP"), page(2, "POA"))
    assert [(serial, one.name) for serial, one in told.wrong] == [("s1", "2.jpg")]
    void = {
        key: task.with_act(TaskAct(ActKind.VOIDED, "li", {"reason": "x"}))
        for key, task in ASKED.items()
    }
    assert [one.name for _, one in laid(void, page(1, "CHG_APP"), page(2)).wrong] == ["1.jpg"]
    assert laid({}, page(1, "POA")).wrong == ()  # the profile knows nothing of its business


def settled(task: CaptureTask, told: Laid) -> CaptureTask:
    for step in captured([task], told, {"d1": "wang", "d2": "li"}):
        task = task.with_act(TaskAct(step.kind, "closing", step.content))
    return task


def test_a_task_is_captured_once_and_set_back_when_its_page_is_gone() -> None:
    slip = ASKED["s1", "CHG_APP"]
    told = laid(ASKED, page(1))
    once = settled(slip, told)
    assert (once.state, once.standing.pages[0].operator) == (TaskState.CAPTURED, "wang")
    assert settled(once, told) == once
    gone = settled(once, laid(ASKED))
    assert (gone.state, gone.is_missing) == (TaskState.PENDING, True)
    assert [act.kind for act in gone.acts] == ["made", "captured", "lost"]


def test_a_reviewed_task_whose_pages_changed_is_captured_anew_and_an_uploaded_one_stays() -> None:
    once = settled(ASKED["s1", "CHG_APP"], laid(ASKED, page(1)))
    passed = once.with_act(TaskAct(ActKind.PASSED, "bo"))
    assert settled(passed, laid(ASKED, page(1))) == passed
    again = settled(passed, laid(ASKED, page(2)))
    assert [act.kind for act in again.acts[-2:]] == ["lost", "captured"]
    assert again.state is TaskState.CAPTURED
    sent = passed.with_act(TaskAct(ActKind.UPLOADED, "it"))
    assert settled(sent, laid(ASKED, page(2))) == sent

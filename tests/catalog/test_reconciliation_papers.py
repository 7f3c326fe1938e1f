"""Papers that are due and not in, lacking a page, not asked for or of an unknown business are named."""

from dataclasses import replace
from functools import reduce

from pipeline.document_types import DocumentType
from pipeline.language import Named
from pipeline.model import Transaction
from pipeline.tasks.day import DayTasks
from pipeline.tasks.states import ActKind as TaskKind
from pipeline.tasks.states import CaptureTask, TaskAct

from .branch_day import DAY, LOW_DPI, closed, kinds, page


def task(serial_no: str, code: str, *kinds: TaskKind, medium: str = "paper") -> CaptureTask:
    content = {"medium": medium, "pages": [], "from": "t1", "reason": "x"}
    acts = (TaskAct(kind, "wang", content) for kind in (TaskKind.MADE, *kinds))
    return reduce(CaptureTask.with_act, acts, CaptureTask(DAY, "3301", serial_no, code))


def test_every_paper_that_is_due_and_not_in_is_named_with_its_type(
    transaction: Transaction,
) -> None:
    serial = transaction.serial_no
    tasks = (
        task(serial, "CHG_APP", TaskKind.CAPTURED),
        task(serial, "ID_F"),
        task(serial, "ID_B", TaskKind.SHARED),
        task(serial, "RECEIPT", TaskKind.VOIDED),
        task(serial, "PORTRAIT", medium="electronic"),
    )
    types = {"ID_F": DocumentType(name=Named("身份证人像面", "identity card"), category="C")}
    result = closed([transaction], [page(1, transaction)], papers=DayTasks(tasks, types=types))
    (found,) = result.discrepancies
    assert (found.kind, found.serial_no, found.owner_name) == ("MISSING_IMAGE", serial, "10009")
    assert found.expected["document_type"] == "ID_F"
    assert "身份证人像面" in found.reason.in_language("zh")
    terms = ("tasks", "tasks_captured", "tasks_shared", "tasks_missing", "tasks_electronic")
    assert [result.counts[name] for name in terms] == [5, 1, 1, 1, 1]
    assert (result.counts["tasks_void"], result.counts["matched"]) == (1, 1)


def test_a_paper_of_which_a_page_is_lacking_is_told(transaction: Transaction) -> None:
    one = page(1, transaction)
    kept = {"page": one.page_id, "delivery": one.delivery_id, "name": one.name, "operator": "wang"}
    captured = task(transaction.serial_no, "AGENT_ID").with_act(
        TaskAct(TaskKind.CAPTURED, "wang", {"pages": [kept]})
    )
    card = DocumentType(name=Named("代理人身份证", "agent's card"), category="C", pages=(2, 2))
    result = closed([transaction], [one], papers=DayTasks((captured,), types={"AGENT_ID": card}))
    (found,) = result.discrepancies
    assert (found.kind, found.pages, found.owner_name) == ("PAGE_CHECK", (one,), "wang")
    assert "1 pages are in, such a paper has 2" in str(found.reason)


def test_a_transaction_whose_papers_are_all_shared_or_void_misses_no_page(
    transaction: Transaction,
) -> None:
    tasks = (task(transaction.serial_no, "RISK_Q", TaskKind.SHARED),)
    result = closed([transaction], [], papers=DayTasks(tasks))
    assert result.discrepancies == ()
    assert (result.counts["missing"], result.counts["no_paper_due"]) == (0, 1)


def test_a_refused_page_stands_for_the_principal_paper_alone(transaction: Transaction) -> None:
    tasks = (task(transaction.serial_no, "CHG_APP"), task(transaction.serial_no, "ID_F"))
    refused = page(1, transaction, state="refused", findings=(LOW_DPI,))
    result = closed([transaction], [refused], papers=DayTasks(tasks))
    assert kinds(result) == ["MISSING_IMAGE", "MISSING_IMAGE", "QUALITY_REJECT"]
    slip, card, _ = result.discrepancies
    assert "0001.jpg, was refused" in str(slip.reason)
    assert "No page in hand is this transaction's ID_F" in str(card.reason)
    assert result.counts["missing"] == 1


def test_a_paper_that_nobody_asked_for_and_an_unknown_business_are_told(
    transaction: Transaction,
) -> None:
    one = replace(page(1, transaction), document_type="POA")
    told = DayTasks(
        (task(transaction.serial_no, "CHG_APP", TaskKind.CAPTURED),),
        wrong=((transaction.serial_no, one),),
        undefined={"B999": transaction.serial_no},
    )
    result = closed([transaction], [one], papers=told)
    assert kinds(result) == ["WRONG_TYPE", "NO_TASK_DEFINITION"]
    wrong, unknown = result.discrepancies
    assert (wrong.owner_name, wrong.read) == ("wang", {"document_type": "POA"})
    assert (unknown.owner, unknown.expected) == ("headquarters", {"business_code": "B999"})

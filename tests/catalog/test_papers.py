"""The paper register keeps every entry, counts papers once, and only its author takes an entry back."""

from datetime import date

import pytest

from catalog.catalog import Catalog
from catalog.log import entries as log_entries
from pipeline.errors import UserError
from pipeline.paper import PaperAct, PaperEntry, PaperKey, PaperReason

DAY = date(2026, 11, 19)


def register(
    catalog: Catalog, count: int = 5, batch: str | None = "b1", serials: tuple[str, ...] = ()
) -> PaperEntry:
    return catalog.papers.register(
        DAY, "3301", handler="10009", count=count, batch=batch, serials=serials, by="吴"
    )


@pytest.mark.requirement("CG-13a")
def test_a_batch_and_a_paper_are_registered_once(catalog: Catalog) -> None:
    first = register(catalog)
    with pytest.raises(UserError, match="Batch b1 is registered already with 5 papers, in entry 1"):
        register(catalog, 4)
    register(catalog, 2, None, ("1", "2"))
    with pytest.raises(UserError, match="Paper 2 is registered already, in entry 2"):
        register(catalog, 2, None, ("3", "2"))
    register(catalog, 3, None)
    register(catalog, 3, None)  # the afternoon's
    catalog.papers.undo(first.no, "吴")
    register(catalog, 4)
    standing = [e.count for e in catalog.papers.entries(DAY, "3301") if not e.undone]
    assert standing == [2, 3, 3, 4]
    assert catalog.papers.entries(DAY, "3302") == ()


def test_an_entry_is_taken_back_by_its_author_alone_and_stays_on_record(catalog: Catalog) -> None:
    register(catalog)
    told = catalog.papers.explain(
        DAY, "3301", PaperKey(batch="b1"), count=1, reason=PaperReason.SPOILED, note="撕毁", by="李"
    )
    with pytest.raises(UserError, match="Entry 2 is by 李"):
        catalog.papers.undo(told.no, "吴")
    catalog.papers.undo(told.no, "李")
    with pytest.raises(UserError, match="taken back already"):
        catalog.papers.undo(told.no, "李")
    for none in (3, 99):  # an undo is no entry that could be undone
        with pytest.raises(UserError, match="There is no entry"):
            catalog.papers.undo(none, "李")
    kept = catalog.papers.entries(DAY, "3301")
    assert [(e.kind, e.undone, e.reason, e.note) for e in kept] == [
        (PaperAct.REGISTER, False, None, ""),
        (PaperAct.EXPLAIN, True, PaperReason.SPOILED, "撕毁"),
    ]
    with catalog._engine.connect() as connection:
        acts = [entry.body["act"] for entry in log_entries(connection)]
    assert acts == ["paper.register", "paper.explain", "paper.undo"]

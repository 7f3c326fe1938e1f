"""Pages are entered together, in their order; what follows them waits, and what is proved is entered."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from catalog.pages import Pages
from flows.admit_page import Intake, ProvedPage, RefusedPage, store
from flows.enter_pages import Page, entering
from flows.taken_in import TakenIn
from ingest.admission import InspectedPage
from ingest.inbox import ClaimedFile
from pipeline.language import say
from pipeline.measured import ScanParameters
from pipeline.model import Batch, ColourMode, Delivery, Finding, Severity, SplitPage

PARAMETERS = ScanParameters("JPEG", 9, 9, 9, (200, 200), ColourMode.COLOUR, 0.0, 0.1, "0" * 16)
REFUSED = (Finding("Q01", Severity.REJECT, "0", "1", say("too small")),)

Proved = Callable[[str, bytes], ProvedPage]


@pytest.fixture
def intake(intake: Intake) -> Intake:
    return replace(intake, storing=2)


@pytest.fixture
def proved(intake: Intake, batch: Batch, tmp_path: Path) -> Proved:
    def make(name: str, content: bytes) -> ProvedPage:
        path, sha256 = tmp_path / name, hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        page = SplitPage(1, content, ".jpg")
        inspected = InspectedPage(name, page, sha256, PARAMETERS, ())
        claimed = ClaimedFile(name, path, path, sha256, len(content), (0, 0, 0), None)
        arrival = Delivery(batch, name, 1, sha256)
        rules = intake.parts.rules_in_force(None, batch.day)
        kept = store(intake, arrival, inspected, claimed, None)
        return ProvedPage(arrival, inspected, claimed, rules, kept)

    return make


def _entered(intake: Intake, batch: Batch) -> list[tuple[str, str]]:
    pages = intake.parts.catalog.pages.of_day(batch.day, batch.branch)
    return [(page.name, page.state) for page in pages]


def test_several_are_entered_in_one_transaction_and_what_follows_waits(
    intake: Intake, batch: Batch, proved: Proved
) -> None:
    bunches: list[int] = []
    honest = Pages.enter

    def counted(self: Pages, entries: list[object]) -> object:
        bunches.append(len(entries))
        return honest(self, entries)  # type: ignore[arg-type]

    followed: list[tuple[str, int]] = []
    taken = TakenIn()
    with patch.object(Pages, "enter", counted), entering(intake, taken) as gathered:
        for number in range(10):
            page = proved(f"{number}.jpg", b"%d" % number)
            gathered.add(partial(lambda page: page, page))
            gathered.then(
                lambda name=page.arrival.name: followed.append(  # type: ignore[misc]
                    (name, len(_entered(intake, batch)))
                )
            )
    assert bunches == [8, 2]
    assert followed == [(f"{n}.jpg", 8) for n in range(8)] + [(f"{n}.jpg", 10) for n in (8, 9)]
    assert _entered(intake, batch) == [(f"{number}.jpg", "admitted") for number in range(10)]
    assert taken.admitted == 10
    assert intake.parts.catalog.first_broken_log_entry() is None


def test_what_was_proved_is_entered_when_the_next_cannot_be_stored(
    intake: Intake, batch: Batch, proved: Proved
) -> None:
    def fails() -> Page:
        raise OSError("no room")

    taken, released = TakenIn(), []
    first = proved("1.jpg", b"1")
    with pytest.raises(OSError, match="no room"), entering(intake, taken) as gathered:
        gathered.add(lambda: first)
        gathered.then(lambda: released.append("1.jpg"))
        gathered.add(fails)
    assert _entered(intake, batch) == [("1.jpg", "admitted")]
    assert released == ["1.jpg"]


def test_none_is_entered_and_nothing_follows_when_one_cannot_be(
    intake: Intake, batch: Batch, proved: Proved
) -> None:
    taken, released = TakenIn(), []
    good, unmeasured = proved("1.jpg", b"1"), proved("2.jpg", b"2")
    unmeasured = replace(unmeasured, inspected=replace(unmeasured.inspected, parameters=None))
    with pytest.raises(Exception, match="not measured"), entering(intake, taken) as gathered:
        gathered.add(lambda: good)
        gathered.then(lambda: released.append("1.jpg"))
        gathered.add(lambda: unmeasured)
        gathered.enter()
    assert _entered(intake, batch) == []
    assert (released, taken.admitted) == ([], 0)


def test_pages_of_one_bunch_know_those_before_them(
    intake: Intake, batch: Batch, proved: Proved
) -> None:
    """The same bytes twice, a refused page, and the same delivery twice."""
    taken = TakenIn()
    same = [proved(name, b"same") for name in ("1.jpg", "2.jpg")]
    refused = RefusedPage(Delivery(batch, "3.jpg", 1, "3" * 64), REFUSED, "3", None)
    pages: list[Page] = [*same, refused, same[0]]
    with entering(intake, taken) as gathered:
        for page in pages:
            gathered.add(partial(lambda page: page, page))
    assert _entered(intake, batch) == [
        ("1.jpg", "admitted"),
        ("2.jpg", "admitted"),
        ("3.jpg", "refused"),
    ]
    assert taken.remarks == {"Q12": ["2.jpg"]}
    assert (taken.admitted, len(taken.refused), taken.already) == (2, 1, 1)

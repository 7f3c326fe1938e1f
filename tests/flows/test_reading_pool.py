"""Reading processes: a page that kills, stalls or fills one costs itself only; each reason is named."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.reading_pool import PageLimits, ReadingPool
from flows.reading_process import (
    DIED,
    FAILED,
    NO_MEMORY,
    NOT_OPENED,
    TOO_SLOW,
    Failed,
    ReadsPages,
)
from pipeline.errors import PageRefused, PaperproofError
from pipeline.language import say
from pipeline.model import Box, FieldName, FieldValue, Reading
from pipeline.searchable.text import PageText, Searchable

LIMITS = PageLimits(seconds=0.5, memory_bytes=200 << 20)
FIELD = FieldValue(FieldName.AMOUNT, "1.00", 0.5, "rapidocr", Box(0, 0, 9, 9))


class Obeys:
    """A reader that really does to its process what the page says; the process's number tells them apart."""

    def read(self, content: bytes) -> Reading:
        word, _, argument = content.decode().partition(" ")
        if word == "once":  # dies of a page the first time it sees it
            seen = Path(argument)
            if not seen.exists():
                seen.touch()
                os._exit(3)
        if word == "die":
            os._exit(3)
        if word == "sleep":
            time.sleep(float(argument or 60))
        if word == "spin":
            while True:
                pass
        if word == "fill":
            bytearray(400 << 20)
        if word == "fail":
            raise ZeroDivisionError
        if word == "refuse":
            raise PageRefused(say("no page"))
        return Reading((), {}, (), f"process {os.getpid()}", 0.0, 0.0)

    def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
        self.read(content)
        return field

    def propose(self, *_: object) -> None:
        """No form is proposed here."""

    def any_known(self, contents: object) -> bool:
        return False

    def searchable(self, content: bytes, master: str, known: PageText | None) -> Searchable:
        return Searchable(b"%PDF", "text", self.read(content).engine)

    def text_of(self, pdf: bytes) -> str:
        return pdf.decode()


class Scoffs(Obeys):
    """Another reader."""

    def read(self, content: bytes) -> Reading:
        return Reading((), {}, (), "scoffs", 0.0, 0.0)


@pytest.fixture(scope="module")
def readers() -> Iterator[ReadingPool]:
    with ReadingPool(1, Obeys, LIMITS) as pool:
        yield pool


@pytest.mark.parametrize(
    ("page", "doubt"),
    [
        (b"die", DIED),
        (b"sleep", TOO_SLOW),
        (b"spin", TOO_SLOW),
        (b"fill", NO_MEMORY),
        (b"fail", FAILED),
        (b"refuse", NOT_OPENED),
    ],
)
def test_a_bad_page_is_given_back_with_its_reason_and_the_others_are_read(
    readers: ReadingPool, page: bytes, doubt: str
) -> None:
    pages = [b"good", page, b"good"]
    before, bad, after = (one.result() for one in [readers.submit(page) for page in pages])
    assert (bad.doubts, bad.fields) == ((doubt,), {})
    assert before.doubts == after.doubts == ()
    replaced = before.engine != after.engine
    assert replaced == (doubt != NOT_OPENED)


def test_a_busy_machine_costs_no_honest_page(
    readers: ReadingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.reading_pool._share_of_a_processor", lambda: 0.1)
    assert readers.submit(b"sleep 1").result().doubts == ()


def test_a_page_is_tried_once_more_by_a_fresh_process(readers: ReadingPool, tmp_path: Path) -> None:
    page = f"once {tmp_path / 'seen'}".encode()
    assert readers.submit(page).result().engine.startswith("process")


def test_a_page_taken_back_is_not_read_and_the_others_are(readers: ReadingPool) -> None:
    begun = [readers.submit(f"sleep 0.{number}".encode()) for number in (2, 2, 2, 1, 1)]
    taken_back = begun[3].cancel()
    assert taken_back
    assert all(one.result().engine for one in (*begun[:3], begun[4]))
    assert readers.submit(b"well").result().engine


def test_another_reader_reads_from_the_next_page_on(readers: ReadingPool) -> None:
    first = readers.submit(b"good").result().engine
    readers.use(Obeys)
    assert readers.submit(b"good").result().engine == first, "nothing changed"
    readers.use(Scoffs)
    assert readers.submit(b"good").result().engine == "scoffs"
    readers.use(Obeys)


def test_a_second_reading_that_kills_gives_nothing(readers: ReadingPool) -> None:
    assert readers.read_again(b"good", FIELD) == FIELD
    assert readers.read_again(b"die", FIELD) is None
    assert readers.read_again(b"good", FIELD) == FIELD


@pytest.mark.parametrize(("page", "doubt"), [(b"die", DIED), (b"sleep", TOO_SLOW)])
def test_a_page_of_which_no_derivative_can_be_made_is_named_with_its_reason(
    readers: ReadingPool, page: bytes, doubt: str
) -> None:
    assert isinstance(readers.searchable(b"good", "", None), Searchable)
    assert readers.searchable(page, "", None) == Failed(doubt)
    assert readers.text_of("文".encode()) == "文"


def test_no_process_is_left_when_the_owner_gives_up() -> None:
    with pytest.raises(KeyboardInterrupt), ReadingPool(2, Obeys) as readers:
        process = readers.submit(b"good").result().engine.removeprefix("process ")
        for _ in range(6):
            readers.submit(b"sleep")
        raise KeyboardInterrupt
    assert not Path("/proc", process).exists()


def test_processes_that_cannot_start_are_no_unread_pages() -> None:
    with ReadingPool(1, _die) as readers:
        future = readers.submit(b"good")
        with pytest.raises(PaperproofError, match="cannot be started"):
            future.result()


def _die() -> ReadsPages:
    os._exit(3)

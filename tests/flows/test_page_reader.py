"""The program's own reader behind the reading processes, and the words for what it doubts."""

import pytest

from catalog.reports.wording import DOUBTS
from flows.how_to_read import HowToRead
from flows.reading_pool import ReadingPool
from flows.reading_process import DIED, FAILED, NO_MEMORY, NOT_OPENED, TOO_SLOW
from pipeline.code_and_print import CODE_DIFFERS, TWO_SERIALS
from pipeline.fields import WORDS_DIFFER
from pipeline.serials import SERIAL_GRAMMAR


@pytest.mark.slow
def test_it_stands_behind_the_pool() -> None:
    with ReadingPool(1, HowToRead("rapidocr", SERIAL_GRAMMAR)) as readers:
        assert readers.submit(b"no page").result().doubts == (NOT_OPENED,)


def test_every_doubt_is_told_in_a_sentence() -> None:
    doubts = {
        DIED,
        FAILED,
        NO_MEMORY,
        NOT_OPENED,
        TOO_SLOW,
        WORDS_DIFFER,
        CODE_DIFFERS,
        TWO_SERIALS,
    }
    assert doubts <= DOUBTS.keys()

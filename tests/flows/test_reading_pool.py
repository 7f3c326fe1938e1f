"""Reading processes: a page that kills one costs itself only; processes that never start are told."""

import os
import signal
from concurrent.futures import Future
from typing import Any

import pytest

from flows.reading_pool import ReadingPool
from pipeline.errors import PaperproofError
from pipeline.forms.model import FormModel
from pipeline.model import Reading

pytestmark = pytest.mark.slow


def test_processes_that_cannot_start_are_no_unread_pages() -> None:
    with ReadingPool(1, forms=[_Deadly()]) as readers:
        future = readers.submit(b"no page")
        with pytest.raises(PaperproofError, match="cannot be started"):
            readers.result(future, b"no page")


def test_a_process_that_dies_is_replaced() -> None:
    with ReadingPool(1) as readers:
        assert readers.result(readers.submit(b"no page"), b"no page").doubts == ("not_opened",)
        died: Future[Reading] = readers._submit(_die)  # type: ignore[arg-type]
        assert readers.result(died, b"no page").doubts == ("not_opened",)


class _Deadly(FormModel):
    """A form that ends the process it is handed to."""

    def __init__(self) -> None: ...

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)

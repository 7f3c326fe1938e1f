"""Reading processes of the program's own: models loaded once each, one thread each, as many as cores."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from os import _exit
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from pipeline.barcode import SERIAL_GRAMMAR
from pipeline.engines.rapid import RapidEngine
from pipeline.engines.tesseract import TesseractEngine
from pipeline.errors import PageRefused, PaperproofError, UserError
from pipeline.forms.model import FormModel
from pipeline.language import say
from pipeline.model import FieldValue, Reading
from pipeline.reading import Reader
from pipeline.sandbox import Sandbox

P = ParamSpec("P")
T = TypeVar("T")


class PageReader:
    """Reads pages from their master's bytes: opened in the sandbox, then read."""

    def __init__(self, engine: str, serial_grammar: str, forms: Sequence[FormModel] = ()) -> None:
        first, second = (
            (TesseractEngine(), RapidEngine())
            if engine == "tesseract"
            else (RapidEngine(), _second_engine())
        )
        self._reader = Reader(first, second, serial_grammar=serial_grammar, forms=forms)
        self._sandbox = Sandbox()

    def read(self, content: bytes) -> Reading:
        """Read a page; raises PageRefused when it cannot be opened."""
        return self._reader.read(self._sandbox.decode(content).pixels)

    def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
        """Read one field's place a second time, by other means; None when nothing was read there."""
        return self._reader.confirm(self._sandbox.decode(content).pixels, field)


def _second_engine() -> TesseractEngine | None:
    """Tesseract where it is installed; without it no value gets a second, independent reading."""
    try:
        return TesseractEngine()
    except UserError:
        return None


class ReadingPool:
    """Hands pages to the reading processes; a process that dies costs its page one more try."""

    def __init__(
        self,
        workers: int,
        *,
        engine: str = "rapidocr",
        serial_grammar: str = SERIAL_GRAMMAR,
        forms: Sequence[FormModel] = (),
    ) -> None:
        if engine == "tesseract":
            TesseractEngine()  # told here, where it can be told, when it is not installed
        self._workers = workers
        self._how = (engine, serial_grammar, tuple(forms))
        self._pool = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:  # nobody waits for what is being read
            for process in active_children():
                process.kill()
        self._pool.shutdown(cancel_futures=True)

    def submit(self, content: bytes) -> Future[Reading]:
        """Begin to read a page."""
        return self._submit(_read, content)

    def result(self, future: Future[Reading], content: bytes) -> Reading:
        """Wait for a page; when its process died, the page is read once more by a fresh one.

        A page that ends its process twice is given back as nothing read: it goes to a person. Raises
        PaperproofError when the processes could not even be started.
        """
        for tried in (future, None):
            try:
                return (tried or self.submit(content)).result()
            except BrokenProcessPool:
                self._must_have_started()
        return _nothing_read("reader_died")

    def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
        """Read one field's place a second time; see ``PageReader``."""
        try:
            return self._submit(_read_again, content, field).result()
        except (BrokenProcessPool, PageRefused):
            return None

    def _start(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(
            self._workers, get_context("spawn"), initializer=_begin, initargs=self._how
        )
        # Ctrl-C is the owner's business: the processes are started, by a first task, with it blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._first = pool.submit(int)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pool

    def _must_have_started(self) -> None:
        if isinstance(self._first.exception(), BrokenProcessPool):
            raise PaperproofError(
                say(
                    "The reading processes cannot be started; give the lines above to IT. Pages that are "
                    "in stay, and are read when the day is closed."
                )
            )

    def _submit(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        try:
            return self._pool.submit(act, *args, **kwargs)
        except BrokenProcessPool:
            self._pool = self._start()
            return self._pool.submit(act, *args, **kwargs)


_reader_of_this_process: list[PageReader] = []


def _begin(engine: str, serial_grammar: str, forms: Sequence[FormModel]) -> None:
    """Set a reading process up; it ends when its owner does."""
    threading.Thread(target=_end_with_owner, daemon=True).start()
    _reader_of_this_process.append(PageReader(engine, serial_grammar, forms))


def _end_with_owner() -> None:
    owner = parent_process()
    if owner is not None:
        owner.join()
        _exit(1)


def _read(content: bytes) -> Reading:
    try:
        return _reader_of_this_process[0].read(content)
    except PageRefused:
        return _nothing_read("not_opened")


def _nothing_read(doubt: str) -> Reading:
    return Reading((), {}, (), "none", 0.0, 0.0, (doubt,))


def _read_again(content: bytes, field: FieldValue) -> FieldValue | None:
    return _reader_of_this_process[0].read_again(content, field)

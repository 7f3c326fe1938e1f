"""The inside of a reading process: one page after another, and what came of each.

The models are loaded by the reader that the owner sends; this module itself is light.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import cv2

from pipeline.errors import PageRefused
from pipeline.model import NO_READER, FieldValue, Reading
from pipeline.searchable.text import PageText, Searchable

if TYPE_CHECKING:  # it would bring what the reader alone needs
    from pipeline.forms.propose import Proposal

READY = "ready"

DIED, TOO_SLOW, NO_MEMORY = "reader_died", "reader_too_slow", "reader_out_of_memory"
FAILED, NOT_OPENED, NO_COPY = "reader_failed", "not_opened", "no_copy"
"""Doubts: why nothing was read on a page."""

Act = Literal["read", "read_again", "propose", "any_known", "searchable", "text_of"]

_CV_NO_MEMORY = -4


class ReadsPages(Protocol):
    """What a reading process does for its owner; see ``flows.page_reader``."""

    def read(self, content: bytes) -> Reading:
        """Read a page; raises PageRefused when it cannot be opened."""
        ...

    def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
        """Read one field's place a second time."""
        ...

    def propose(
        self, name: str, pages: Sequence[tuple[str, bytes, Reading]], least: int
    ) -> Proposal | None:
        """Propose the form of pages read whole."""
        ...

    def any_known(self, contents: Sequence[bytes]) -> bool:
        """Tell whether one of the pages is of a known form."""
        ...

    def searchable(self, content: bytes, master: str, known: PageText | None) -> Searchable:
        """Make a page's searchable derivative; raises PageRefused when it cannot be opened."""
        ...

    def text_of(self, pdf: bytes) -> str:
        """Return the text of a searchable derivative."""
        ...


@dataclass(frozen=True)
class Failed:
    """A page that could not be read, with the doubt that says why."""

    doubt: str
    for_good: bool = False
    """Whether a second try would end the same."""


def serve(owner: Connection, make_reader: Callable[[], ReadsPages], memory_bytes: int) -> None:
    """Read what the owner sends until it is gone: (act, arguments) in, the result or ``Failed`` out.

    ``memory_bytes`` is the address space a page may take beyond that of the loaded models.
    """
    os.setpgid(0, 0)  # ends together with the programs it starts; Ctrl-C is the owner's business
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_owner, daemon=True).start()
    cv2.setNumThreads(1)
    reader = make_reader()
    own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)  # which the sandbox's jobs need for their own
    resource.setrlimit(resource.RLIMIT_AS, (own + memory_bytes, hard))
    owner.send(READY)
    while True:
        try:
            act, arguments = owner.recv()
        except EOFError:
            return
        owner.send(_done(getattr(reader, act), arguments))


def nothing_read(doubt: str) -> Reading:
    """Return the reading of a page on which nothing was read: it goes to a person."""
    return Reading((), {}, (), NO_READER, 0.0, 0.0, (doubt,))


def _done(act: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return act(*arguments)
    except PageRefused:
        return Failed(NOT_OPENED, for_good=True)
    except MemoryError:
        return Failed(NO_MEMORY)
    except cv2.error as error:
        return Failed(NO_MEMORY if error.code == _CV_NO_MEMORY else FAILED)
    except Exception:  # whatever a page does to its reader, the batch goes on
        return Failed(FAILED)


def _end_with_owner() -> None:
    owner = parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)

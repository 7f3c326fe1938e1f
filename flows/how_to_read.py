"""What a reader of pages is made of, told to the process that makes it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.engines.tesseract import TesseractEngine
from pipeline.forms.model import FormModel

if TYPE_CHECKING:
    from flows.page_reader import PageReader


@dataclass(frozen=True)
class HowToRead:
    """What a ``PageReader`` is made of; called in the reading process, it makes one."""

    engine: str
    serial_grammar: str
    forms: tuple[FormModel, ...] = ()
    niceness: int = 0
    """How far the reading process steps back behind others, 0 to 19."""

    def __post_init__(self) -> None:
        if self.engine == "tesseract":
            TesseractEngine()  # told here, where it can be told, when it is not installed

    def __call__(self) -> PageReader:
        """Load the models; the engines are imported here, in the process that reads: they take a second."""
        os.nice(self.niceness)
        from flows.page_reader import PageReader

        return PageReader(self.engine, self.serial_grammar, self.forms)

"""What every reading engine offers; one contract suite tests them all."""

from __future__ import annotations

from typing import Protocol

from pipeline.model import Pixels, TextLine


class Engine(Protocol):
    """Turns pixels into lines of text; loaded once, used for many pages, by one thread at a time."""

    @property
    def name(self) -> str:
        """Short name, as it stands in ``FieldValue.source``."""

    @property
    def version(self) -> str:
        """Version of the engine and its models, for the reading's provenance."""

    def read_page(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the page's lines, each with its place in pixels of ``pixels``; none on a blank page."""

    def read_line(self, pixels: Pixels, only: str = "") -> TextLine:
        """Return the text of a crop that holds one line; its box is the crop's whole area.

        ``only``: the signs that may stand there; "" allows all.
        """

"""Pictures of pages: made once from the master, kept below the workspace's cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from PIL import Image

from flows.parts import Parts
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.errors import PageRefused

_SMALL = 480
"""Pixels of the longer side: readable as a picture in print, 20 to 40 kB."""
_LARGE = 1600
"""The print of an A4 page can be read."""


class Shown(Protocol):
    """A page as it was delivered."""

    @property
    def page_id(self) -> str:
        """SHA-256 of its master."""
        ...

    @property
    def delivery_id(self) -> str:
        """The delivery, by which a refused page is found; empty where it was admitted."""
        ...


@dataclass(frozen=True)
class Pictures:
    """Makes and keeps JPEG pictures of pages; a page that cannot be opened has none.

    Stores that do not answer raise a StoreError.
    """

    parts: Parts
    opened: Callable[[], tuple[Stores, Opener]]
    """Gives the stores and the sandbox, opened at first need."""

    def small(self, page: Shown) -> Path | None:
        """Return the picture for lists and reports."""
        return self._kept(self.parts.workspace.thumbnails, page, _SMALL, 80)

    def large(self, page: Shown) -> Path | None:
        """Return the picture to read from."""
        return self._kept(self.parts.workspace.pictures, page, _LARGE, 85)

    def _kept(self, folder: Path, page: Shown, longest: int, quality: int) -> Path | None:
        kept = folder / f"{page.page_id}.jpg"
        if kept.exists():
            return kept
        stores, opener = self.opened()
        try:
            pixels = opener.decode(self._master(page, stores)).pixels
        except (PageRefused, OSError):
            return None
        picture = Image.fromarray(pixels)
        picture.thumbnail((longest, longest))
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{token_hex(8)}.part"
        picture.save(partial, "JPEG", quality=quality)
        return partial.replace(kept)  # whole or not at all

    def _master(self, page: Shown, stores: Stores) -> bytes:
        place = self.parts.catalog.pages.quarantined(page.delivery_id) if page.delivery_id else None
        if place is None:  # admitted, though a review may have rejected it since
            return stores.vault.read(page.page_id)
        return (self.parts.workspace.quarantine / place).read_bytes()

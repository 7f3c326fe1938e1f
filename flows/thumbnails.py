"""Small pictures of pages for reports; made once, kept below the workspace's cache."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from flows.parts import Parts
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.balance import CatalogedPage
from pipeline.errors import PageRefused, StoreError

LONGEST_SIDE = 480
"""Pixels: readable as a picture in print, 20 to 40 kB."""


@dataclass(frozen=True)
class Thumbnails:
    """Makes and keeps thumbnails; a page that cannot be opened has none."""

    parts: Parts
    stores: Stores
    opener: Opener

    def __call__(self, page: CatalogedPage) -> bytes | None:
        """Return a JPEG of the page, at most ``LONGEST_SIDE`` pixels; None when there is none."""
        kept = self.parts.workspace.thumbnails / f"{page.page_id}.jpg"
        if kept.exists():
            return kept.read_bytes()
        try:
            pixels = self.opener.decode(self._master(page)).pixels
        except (PageRefused, StoreError, OSError):
            return None
        picture = Image.fromarray(pixels)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(out.getvalue())
        return out.getvalue()

    def _master(self, page: CatalogedPage) -> bytes:
        place = self.parts.catalog.pages.quarantined(page.delivery_id)
        if place is None:  # admitted, though a review may have rejected it since
            return self.stores.vault.read(page.page_id)
        return (self.parts.workspace.quarantine / place).read_bytes()

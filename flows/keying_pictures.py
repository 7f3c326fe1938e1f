"""The picture that each person keys from: the place of a field on its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from flows.parts import Parts
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.errors import PageRefused
from pipeline.keying.picture import Place, place_of, zone_picture
from pipeline.keying.tasks import KeyingTask


@dataclass(frozen=True)
class KeyingPictures:
    """Makes and keeps the pictures that people key from."""

    parts: Parts
    opened: Callable[[], tuple[Stores, Opener]]
    """Gives the stores and the sandbox, opened at first need."""

    def __call__(self, task: KeyingTask) -> Path | None:
        """Return the PNG of a task's place on its page; None when the page cannot be opened."""
        kept = self.parts.workspace.keying / f"{task.no}.png"
        if kept.exists():
            return kept
        stores, opener = self.opened()
        try:
            pixels = opener.decode(stores.vault.read(task.page_id)).pixels
        except PageRefused:
            return None
        reading = self.parts.catalog.readings.of_page(task.page_id)
        place = place_of(reading, task.field) if reading else Place(None)
        picture = zone_picture(pixels, place)
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f".{kept.name}.part")
        Image.fromarray(picture).save(partial, "PNG")
        return partial.replace(kept)  # whole or not at all

"""Keyed values laid over what was read; the reading itself is never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.balance import CatalogedPage
from pipeline.keying.tasks import KeyingTask
from pipeline.model import Box, FieldName, FieldValue

KEYED = "keyed"
"""Source of a value that people keyed."""

_KEYED_ONCE, _KEYED_TWICE = 0.9971, 0.9986
"""Share of fields right: 0.29 % and 0.14 % wrong over 93 studies of single and of double entry.

Garza et al., "Error rates of data processing methods in clinical research", Int. J. Med. Inform. 195, 2025.
"""

_NOWHERE = Box(0, 0, 0, 0)


def with_keyed(
    pages: Iterable[CatalogedPage], tasks: Iterable[KeyingTask]
) -> tuple[CatalogedPage, ...]:
    """Return the pages with the settled values of the tasks in place of what was read there."""
    by_page: dict[str, list[KeyingTask]] = defaultdict(list)
    for task in tasks:
        by_page[task.page_id].append(task)
    return tuple(
        _overlaid(page, by_page[page.page_id]) if page.page_id in by_page else page
        for page in pages
    )


def _overlaid(page: CatalogedPage, tasks: Sequence[KeyingTask]) -> CatalogedPage:
    keyed = {task.field: _keyed(task, task.value, page) for task in tasks if task.value is not None}
    every = {**page.fields, **keyed}
    return replace(page, fields={name: every[name] for name in FieldName if name in every})


def _keyed(task: KeyingTask, value: str, page: CatalogedPage) -> FieldValue:
    read = page.fields.get(task.field)
    return FieldValue(
        name=task.field,
        value=value,
        confidence=_KEYED_TWICE if task.needed > 1 else _KEYED_ONCE,
        source=KEYED,
        box=read.box if read else _NOWHERE,
    )

"""A workspace whose stores and sandbox are opened at first need only: most lists need neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from flows.commands.session import Session
from flows.parts import Parts
from flows.stores import Stores, open_stores
from ingest.admission import Opener
from pipeline.sandbox import Sandbox

AtNeed = Callable[[], tuple[Stores, Opener]]


@contextmanager
def opened(session: Session) -> Iterator[tuple[Parts, AtNeed]]:
    """Open the workspace; give its parts, and what opens stores and sandbox once they are needed."""
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        known: list[tuple[Stores, Opener]] = []

        def at_need() -> tuple[Stores, Opener]:
            if not known:
                stores = stack.enter_context(
                    open_stores(parts.workspace, parts.settings, parts.catalog)
                )
                known.append((stores, stack.enter_context(Sandbox())))
            return known[0]

        yield parts, at_need

"""What taking in needs: catalog, stores, the sandbox and, unless pages are read later, readers."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date

from flows.admit_page import Intake
from flows.commands.session import Session
from flows.readers import reading_pool
from flows.self_test import require_locks
from flows.stores import open_stores
from pipeline.language import say
from pipeline.sandbox import Sandbox

_STORING = 4
"""More at once brought nothing on two processors (docs/decisions/0020)."""


def open_intake(
    stack: ExitStack,
    session: Session,
    branch: str,
    *,
    day: date,
    reading: bool,
    moving: bool = False,
    document_type: str | None = None,
) -> Intake:
    """Open what taking in needs until the stack is closed; raises UserError: unknown branch or type."""
    parts = stack.enter_context(session.open_parts())
    parts.catalog.branches.require(branch, day=day)
    if document_type is not None:
        parts.profile_on(day).type_of(document_type)
    stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
    require_locks(parts.settings, parts.catalog, stores.vault)
    opener = stack.enter_context(Sandbox())
    readers = stack.enter_context(reading_pool(parts)) if reading else None
    if not opener.protection.system_calls:
        session.terminal.note(
            say(
                "This system offers no filter of system calls (libseccomp): pages are opened under "
                "limits only; install libseccomp2."
            )
        )
    return Intake(parts, stores, opener, readers, moving, document_type, storing=_STORING)

"""Two vouchers of two customers, as they lie in the archive: matched, packed, their papers in store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flows.admit_page import Intake
from flows.archives import materials
from flows.close_day import Closing, close_branch
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.store_settings import RetentionSettings
from flows.take_in import take_in
from pipeline.handover import VoucherPapers
from pipeline.model import Batch
from pipeline.retention import Disposition
from tests.flows.captured_day import book, read
from tests.flows.conftest import DAY, Silent, booked

FIRST, SECOND = booked(1), booked(2)


def archive(parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch) -> Parts:
    """Do what that day does, and give its workspace, in which electronic copies may be destroyed."""
    take_in(intake, scans, batch, Silent())
    book(parts, FIRST, SECOND)
    read(parts, "0001.jpg", FIRST)
    read(parts, "0002.jpg", SECOND)
    close_branch(closing, DAY, "3301", Silent())
    vouchers = [VoucherPapers(row.serial_no, 1, 1) for row in (FIRST, SECOND)]
    given = parts.catalog.handovers.give(DAY, "3301", "10009", vouchers, {}, {}, "吴敏")
    parts.catalog.handovers.receive(given.no, {}, 2, materials(parts, given), "何静")
    pack(Packing(parts, intake.stores, "tester", Silent()), everything=True)
    return ruled(parts, electronic=Disposition.DESTROY_WITH_APPROVAL)


def ruled(parts: Parts, **rules: object) -> Parts:
    """The same workspace under other retention settings."""
    chosen = parts.settings.retention.model_copy(update=rules)
    settings = parts.settings.model_copy(
        update={"retention": RetentionSettings.model_validate(chosen.model_dump())}
    )
    return replace(parts, settings=settings)

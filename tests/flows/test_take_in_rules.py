"""Pages are checked by the rules of their type and their business day, which stand with them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalog.tables import delivery, scan_rules
from flows.admit_page import Intake
from flows.parts import Parts
from flows.take_in import take_in
from pipeline.model import Batch, Severity
from pipeline.scan_rules import ScanRules

from .conftest import DAY
from .test_take_in import states


@pytest.mark.parametrize(("days_away", "severity"), [(0, "refused"), (1, "admitted")])
def test_a_set_severity_holds_from_its_business_day(
    days_away: int, severity: str, intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    scan = ScanRules(
        max_blur_mm=0.01,
        severities={"Q09": Severity.REJECT},
        severities_from=DAY + timedelta(days=days_away),
    )
    settings = intake.parts.settings.model_copy(update={"scan": scan})
    strict = replace(intake, parts=replace(intake.parts, settings=settings))
    take_in(strict, scans, batch, progress)
    seen = states(strict.parts)
    assert (seen["0001.jpg"], seen["0004.jpg"]) == (severity, "blank")


def rules_by_name(parts: Parts) -> dict[str, tuple[str, str | None]]:
    query = select(delivery.c.name, scan_rules.c.source, scan_rules.c.document_type).join(
        scan_rules, scan_rules.c.id == delivery.c.rules_id
    )
    with parts.catalog._engine.connect() as connection:
        return {row.name: (row.source, row.document_type) for row in connection.execute(query)}


@pytest.mark.requirement("CG-16.2a")
def test_a_type_sets_what_its_pages_must_meet_and_stands_with_them(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    identity_cards = replace(intake, document_type="ID_F")
    taken = take_in(identity_cards, scans, batch, progress)
    assert taken.admitted == 0  # A4 at 200 dpi is no identity card
    assert rules_by_name(intake.parts)["0001.jpg"] == ("brokerage 1 ID_F 2018-01-01", "ID_F")


def test_pages_without_a_type_are_checked_by_the_general_rules(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(intake, scans, batch, progress)
    assert rules_by_name(intake.parts)["0001.jpg"] == ("general", None)
    assert rules_by_name(intake.parts)["0005.jpg"] == ("general", None)


@pytest.mark.parametrize(
    ("document_type", "blanks_to_look_at"), [(None, 2), ("PWD_APP", 1), ("OPEN_APP", 2)]
)
def test_a_blank_back_is_expected_of_a_one_sided_paper_only(
    document_type: str | None,
    blanks_to_look_at: int,
    intake: Intake,
    scans: Path,
    blank: bytes,
    batch: Batch,
    progress: Any,
) -> None:
    (scans / "0004b.jpg").write_bytes(blank)  # a second blank page in a row is no back
    taken = take_in(replace(intake, document_type=document_type), scans, batch, progress)
    assert taken.blank == 2
    pages = intake.parts.catalog.pages.of_day(DAY, "3301")
    found = [page.name for page in pages if page.state == "blank" and page.findings]
    assert len(found) == blanks_to_look_at

"""An upright copy names its master, which stays as it is; the act is logged."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.log import entries
from flows.admit_page import Intake
from flows.derive import chosen, derive
from flows.take_in import take_in
from pipeline.errors import UserError
from pipeline.model import Batch


@pytest.mark.requirement("CG-16.5b")
def test_a_copy_is_written_beside_its_master_s_name(
    intake: Intake, scans: Path, batch: Batch, progress: Any, tmp_path: Path
) -> None:
    take_in(intake, scans, batch, progress)
    parts, stores = intake.parts, intake.stores
    sha256 = parts.catalog.pages.of_day(batch.day, batch.branch)[0].page_id
    before = stores.vault.read(sha256)
    [master] = chosen(parts, [sha256[:10].upper()])
    made = [
        derive(parts, stores, intake.opener, master, tmp_path / "copies", "li") for _ in range(2)
    ]
    assert made[0] == made[1]
    note = json.loads(made[0].path.with_suffix(".json").read_text("utf-8"))
    assert note == {"master": sha256, "turned_back_degrees": 0.3, "cropped": False} | {
        "turned_back_degrees": round(made[0].turned_degrees, 2)
    }
    assert made[0].path.read_bytes() != before
    assert stores.vault.read(sha256) == before
    with parts.catalog._engine.connect() as connection:
        acts = [entry.body for entry in entries(connection)]
    assert [(act["who"], act["subject"]) for act in acts if act["act"] == "page.derive"] == [
        ("li", sha256)
    ] * 2


def test_a_name_that_means_no_page_or_several_is_told(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(intake, scans, batch, progress)
    with pytest.raises(UserError, match="means no page"):
        chosen(intake.parts, ["xyz"])
    with pytest.raises(UserError, match="name more of the SHA-256"):
        chosen(intake.parts, [""])

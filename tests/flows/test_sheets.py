from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from typer.testing import CliRunner

from flows.cli import app
from pipeline.barcode import find_sheet
from pipeline.sheets import Cover, OwnSheet, Separator

COVER = ["cover", "--branch", "3301", "--day", "2026-11-19", "--batch", "柜台/一"]


def made(path: Path, *arguments: str) -> OwnSheet | None:
    ran = CliRunner().invoke(app, ["--lang", "zh", "sheets", *arguments, "--output", str(path)])
    assert ran.exit_code == 0, ran.output
    assert str(path) in ran.output.replace("\n", "")
    page = pypdfium2.PdfDocument(path)[0].render(scale=150 / 72).to_numpy()
    return find_sheet(np.ascontiguousarray(page[:, :, :3]))


def test_sheets_are_made_that_are_known_again(tmp_path: Path) -> None:
    assert made(tmp_path / "new" / "s.pdf", "separator") == Separator()
    cover = made(tmp_path / "c.pdf", *COVER, "--vouchers", "3", "--pages", "5")
    assert isinstance(cover, Cover)
    assert (cover.vouchers, cover.pages) == (3, 5)


def test_counts_no_batch_has_are_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be"):
        CliRunner().invoke(
            app, ["sheets", *COVER, "--vouchers", "6", "--pages", "5"], catch_exceptions=False
        )


def test_read_knows_a_sheet_without_reading_it(tmp_path: Path) -> None:
    run = CliRunner()
    path = str(tmp_path / "separator.pdf")
    run.invoke(app, ["sheets", "separator", "--output", path])
    told = json.loads(run.invoke(app, ["read", "--json", path]).stdout)
    assert (told["sheet"], told["refused"], told["fields"]) == ("separator", None, {})
    assert "Voucher separator" in run.invoke(app, ["--lang", "en", "read", path]).stdout

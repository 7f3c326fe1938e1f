"""Forms on the command line: learned, kept in the workspace, listed and used."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.forms import load_forms
from pipeline.errors import UserError
from pipeline.forms.model import FormModel, to_json
from pipeline.specimens.day import make_branch_day


def test_of_each_form_the_newest_version_is_used(tmp_path: Path) -> None:
    assert load_forms(tmp_path / "none") == ()
    for version in (2, 10, 1):
        form = FormModel("slip", version, 210, 148, (), (), (), "")
        (tmp_path / f"slip-{version}.json").write_text(to_json(form))
    assert [form.version for form in load_forms(tmp_path)] == [10]
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(UserError, match=r"broken\.json is no form"):
        load_forms(tmp_path)


@pytest.mark.slow
def test_a_form_is_learned_listed_and_used(tmp_path: Path) -> None:
    make_branch_day(tmp_path, seed=5, pages=15, branch="3301", day=date(2026, 11, 19))
    truth = json.loads((tmp_path / "truth.json").read_text("utf-8"))
    slips = [
        str(tmp_path / "scans/3301/batch-01" / case["scans"][0])
        for case in truth["cases"]
        if case["form"] == "slip" and case["kind"] == "agrees"
    ]
    workspace = tmp_path / "workspace"
    run = CliRunner()
    start = ["--workspace", str(workspace), "--lang", "en"]
    assert run.invoke(app, [*start, "init"]).exit_code == 0
    path = workspace / "forms" / "slip.json"
    learned = run.invoke(
        app, [*start, "form", "learn", *slips, "--name", "slip", "--output", str(path)]
    )
    assert learned.exit_code == 0, learned.output
    assert "Amount in words" in learned.stdout and path.with_suffix(".png").exists()
    assert "slip" in run.invoke(app, [*start, "form", "list"]).stdout
    read = run.invoke(app, [*start, "read", "--json", "--forms", str(path.parent), slips[0]])
    assert json.loads(read.stdout)["form"] == "slip"

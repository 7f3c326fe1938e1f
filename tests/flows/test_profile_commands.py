"""The profile and the marks of forms at the command line."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from catalog.catalog import Catalog
from flows.access import Guard
from flows.cli import app
from flows.forms import load_forms
from flows.parts import Parts, open_parts
from flows.publish_profile import publish_profile
from flows.settings import SETTINGS_NAME, Settings
from flows.workspace import Workspace
from pipeline.errors import UserError
from pipeline.forms.model import FormModel, packed_ink, to_json
from pipeline.model import Area, Mark
from pipeline.profile import profile_text
from pipeline.staff import Role
from storage.folder import FolderStore
from storage.store import NoteKind
from storage.vault import Vault
from tests.kept import notes

OWN = """
profile: ours
version: 2
categories: {C: {zh: 类, en: class}}
types:
  SLIP_X: {name: {zh: 凭条, en: slip}, category: C, fields: [amount, 柜台号], rules: [{min_dpi: 250}]}
"""


def ran(workspace: Path, *arguments: str, lang: str = "en") -> str:
    result = CliRunner().invoke(app, ["--workspace", str(workspace), "--lang", lang, *arguments])
    if result.exception:
        raise result.exception
    return result.output


def test_the_shipped_profile_is_shown_without_a_workspace(tmp_path: Path) -> None:
    assert "46 document types" in ran(tmp_path / "none", "profile", "check")
    assert "identity card, portrait side" in ran(tmp_path / "none", "profile", "show")
    told = ran(tmp_path / "none", "profile", "show", "ID_F", "--day", "2017-06-30", lang="zh")
    assert "身份证人像面" in told
    assert "公民身份号码" in told
    assert "brokerage 1 ID_F。" in told  # the version before the standard


@pytest.mark.requirement("CG-13g", "B1-38")
def test_what_a_business_asks_for_is_shown(tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert "27 businesses" in ran(none, "profile", "check")
    assert "customer_paper" in ran(none, "profile", "show")
    told = ran(none, "profile", "show", "B502")
    assert "principal paper: PROD_APP" in told
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines()]
    papers = {row[0]: row[1:4] for row in rows if len(row) == 5}
    assert papers["PROD_APP"] == ["required", "–", "does not serve"]
    assert papers["ID_F"] == ["required", "–", "may serve"]
    assert papers["DUALREC"][0] == "conditional"
    assert "必备" in ran(none, "profile", "show", "B601", lang="zh")
    assert "24 个月" in ran(none, "profile", "show", "RISK_Q", lang="zh")


def test_a_shipped_profile_is_taken_by_its_name(workspace: Workspace) -> None:
    Catalog.create(workspace.catalog_url(Settings())).close()
    (workspace.folder / SETTINGS_NAME).write_text('profile = "hospital"\n', "utf-8")
    assert "Profile hospital" in ran(workspace.folder, "profile", "check")
    assert "手术知情同意书" in ran(workspace.folder, "profile", "show", "SURGERY", lang="zh")


def test_a_workspace_s_own_profile_takes_its_place(workspace: Workspace) -> None:
    Catalog.create(workspace.catalog_url(Settings())).close()
    (workspace.folder / "own.yaml").write_text(OWN, "utf-8")
    settings = workspace.folder / SETTINGS_NAME
    settings.write_text('profile = "own.yaml"\n[scan]\nmax_dpi = 400\n', "utf-8")
    told = ran(workspace.folder, "profile", "show", "SLIP_X")
    assert "Must stand on it: Amount, 柜台号." in told
    rows = [line.split("│")[1:4] for line in told.splitlines() if "│" in line]
    values = {name.strip(): (source.strip(), value.strip()) for name, source, value in rows}
    assert values["min_dpi"] == ("type", "250")
    assert values["max_dpi"] == ("general", "400")
    with pytest.raises(UserError, match="no document type ID_F"):
        ran(workspace.folder, "profile", "show", "ID_F")


def test_a_profile_is_checked_before_it_is_used(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(OWN.replace("min_dpi", "min_dots"), "utf-8")
    with pytest.raises(UserError, match=r"own\.yaml.*types\.SLIP_X\.rules\.1\.min_dots"):
        ran(tmp_path / "none", "profile", "check", str(own))


@pytest.fixture
def published(workspace: Workspace) -> Iterator[Callable[..., str]]:
    """Publishes the workspace's own profile with changes, in stores of plain folders."""
    (workspace.folder / SETTINGS_NAME).write_text("", "utf-8")
    settings = Settings()
    catalog = Catalog.create(workspace.catalog_url(settings))
    primary, replica = (FolderStore(workspace.folder / name) for name in ("p", "r"))
    primary.ensure_folder()
    replica.ensure_folder()

    def publish(change: tuple[str, str], since: str, who: str = "boss") -> str:
        file = workspace.folder / "next.yaml"
        file.write_text(OWN.replace(*change), "utf-8")
        parts, vault = Parts(workspace, settings, catalog), Vault(primary, replica)
        guard, day = Guard.at_word(parts, who), date.fromisoformat(since)
        done = publish_profile(guard, vault, profile_text(file), str(file), day)
        assert file.read_bytes() in list(notes(vault, NoteKind.PROFILE))
        return " ".join(str(one.message) for one in done.changes) if done.new else "as it is"

    yield publish
    catalog.close()


def test_a_published_profile_is_in_force_from_its_day_on(
    workspace: Workspace, published: Callable[..., str]
) -> None:
    told = published(("", ""), "2026-11-01")
    assert "added SLIP_X" in told
    assert "removed" in told
    newer = ("version: 2", "version: 3"), ("min_dpi: 250", "min_dpi: 400")
    text = OWN.replace(*newer[0]).replace(*newer[1])
    published((OWN, text), "2026-12-01")
    assert "identity card, portrait" in ran(
        workspace.folder, "profile", "show", "--day", "2026-10-31"
    )
    shown = {
        day: ran(workspace.folder, "profile", "show", "SLIP_X", "--day", day)
        for day in ("2026-11-30", "2026-12-01")
    }
    assert "ours 2 SLIP_X" in shown["2026-11-30"]
    assert "250" in shown["2026-11-30"]
    assert "ours 3 SLIP_X" in shown["2026-12-01"]
    assert "400" in shown["2026-12-01"]
    told = ran(workspace.folder, "profile", "versions")
    assert "ours 2" in told
    assert "2026-12-01" in told


@pytest.mark.requirement("CG-16.2a")
def test_a_version_s_number_is_not_given_twice(published: Callable[..., str]) -> None:
    published(("", ""), "2026-11-01")
    assert published(("", ""), "2026-11-01") == "as it is"
    with pytest.raises(UserError, match="has a version 2 already"):
        published(("min_dpi: 250", "min_dpi: 400"), "2026-12-01")


@pytest.mark.requirement("CG-16.1b", "CG-16.2a")
def test_headquarters_alone_publishes_once_the_register_is_in_force(
    workspace: Workspace, published: Callable[..., str]
) -> None:
    with open_parts(workspace.folder) as parts:
        parts.catalog.staff.add("boss", Role.HEADQUARTERS, None, "boss")
    with pytest.raises(UserError, match="li is not registered"):
        published(("", ""), "2026-11-01", "li")
    assert "added SLIP_X" in published(("", ""), "2026-11-01", "boss")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "There is no file"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"a note", "holds no document types"),
        (b"- a\n- list\n", "holds no document types"),
        (b"types: [", "mend that line"),
    ],
)
def test_a_file_that_is_no_profile_is_told_in_a_sentence(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=told):
        ran(tmp_path / "none", "profile", "check", str(path))


@pytest.fixture
def with_form(workspace: Workspace) -> Workspace:
    Catalog.create(workspace.catalog_url(Settings())).close()
    ink = packed_ink(np.zeros((400, 400), np.uint8))
    workspace.forms.mkdir(exist_ok=True)
    form = FormModel("slip", 1, 100, 100, (), (), (), ink)
    (workspace.forms / "slip.json").write_text(to_json(form), "utf-8")
    return workspace


def test_marking_a_form_makes_a_new_version_of_it(with_form: Workspace) -> None:
    told = ran(
        with_form.folder,
        *("form", "mark", "slip", "--signature", "10,60,40,75", "--stamp", "50,50,90,90"),
        *("--type", "CASH_SLIP"),
    )
    assert "version 2" in told
    [form] = load_forms(with_form.forms)
    assert (form.version, form.document_type) == (2, "CASH_SLIP")
    assert form.areas == (
        Area(Mark.SIGNATURE, (10, 60, 40, 75)),
        Area(Mark.STAMP, (50, 50, 90, 90)),
    )
    assert (with_form.forms / "slip.png").exists()
    ran(with_form.folder, "form", "mark", "slip", "--type", "RECEIPT")
    [again] = load_forms(with_form.forms)
    assert (again.version, again.document_type, again.areas) == (3, "RECEIPT", form.areas)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none", "--stamp", "1,1,2,2"), "no form none"),
        (("slip", "--stamp", "1,1,2"), "is no place"),
        (("slip", "--stamp", "9,1,2,2"), "is no place"),
        (("slip", "--stamp", "90,90,101,99"), "is no place on a form of 100 × 100 mm"),
        (("slip", "--type", "NO_SUCH"), "no document type NO_SUCH"),
    ],
)
def test_a_wrong_mark_is_told_and_changes_nothing(
    with_form: Workspace, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        ran(with_form.folder, "form", "mark", *arguments)
    assert load_forms(with_form.forms)[0].version == 1


def test_a_confirmed_form_takes_the_place_of_another_only_when_asked(with_form: Workspace) -> None:
    with open_parts(with_form.folder) as parts:
        parts.catalog.forms.propose("7e9df522", ["a"], load_forms(with_form.forms)[0], 8, "wang")
    confirm = ("form", "confirm", "7e9df522", "--name", "slip")
    with pytest.raises(UserError, match="a form slip already"):
        ran(with_form.folder, *confirm)
    assert "version 2" in ran(with_form.folder, *confirm, "--replace")

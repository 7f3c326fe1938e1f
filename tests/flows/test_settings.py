"""The settings file: as written by init it is the defaults, and a wrong line is named."""

import re
from datetime import date
from pathlib import Path

import pytest

from flows.settings import SETTINGS_NAME, Settings, default_file, load_settings, spoken_language
from flows.workspace import Workspace
from pipeline.errors import UserError
from pipeline.model import FieldName, Severity
from pipeline.scan_rules import ScanRules


def load(folder: Path, text: str) -> Settings:
    (folder / SETTINGS_NAME).write_text(text, "utf-8")
    return load_settings(folder)


def test_the_file_that_init_writes_says_the_defaults_and_locks(tmp_path: Path) -> None:
    """Locks are for new workspaces: an older one has buckets without."""
    plain = Settings(institution="Paperproof 演示机构")
    locked = {"lock": "compliance"}
    stores = {
        "primary": plain.primary.model_copy(update=locked),
        "replica": plain.replica.model_copy(update=locked),
    }
    assert load(tmp_path, default_file()) == plain.model_copy(update=stores)
    assert load(tmp_path, "") == Settings()


def test_the_scan_rules_it_shows_are_the_defaults(tmp_path: Path) -> None:
    shown = re.sub(r"^# (\w+ = [\d._]+)$", r"\1", default_file(), flags=re.MULTILINE)
    of_scans = shown.partition("[scan]")[2].partition("\n[")[0]
    assert of_scans.count("\nmin_") + of_scans.count("\nmax_") == 6
    assert load(tmp_path, shown).scan == ScanRules()


_OPEN_LINE = (
    "[replica]\nkind = 's3'\nbucket = 'b'\nsecure = false\nendpoint = 's3.example.internal:80'"
)


@pytest.mark.requirement("RC-19")
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("workers = -1", "workers"),
        ("[scan]\nmin_dpy = 3", "scan.min_dpy"),
        ('[scan]\nseverities = { Q99 = "flag" }', "scan.severities.Q99"),
        ('[scan]\nseverities = { Q08 = "maybe" }', "scan.severities.Q08"),
        ("[scan]\nseverities_from = 7.5", "scan.severities_from"),
        ("[scan]\nmin_dpi = 900", "scan .*min_dpi is more than max_dpi"),
        ("[reading]\nserial_grammar = '('", "reading.serial_grammar"),
        ("[primary]\nkind = 'tape'\nbucket = 'b'", "primary.kind"),
        (_OPEN_LINE, "replica.*in the open"),
        ("workers = !", "line 1"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UserError, match=named):
        load(tmp_path, text)


@pytest.mark.requirement("RC-19")
def test_clear_text_leaves_this_machine_only_where_it_is_allowed(tmp_path: Path) -> None:
    assert not load(tmp_path, _OPEN_LINE + "\nclear_text = true").replica.secure
    assert not load(tmp_path, _OPEN_LINE.replace("s3.example.internal", "127.0.0.1")).replica.secure


def test_severities_are_set_by_check_and_day(tmp_path: Path) -> None:
    text = '[scan]\nseverities = { Q08 = "flag" }\nseverities_from = 2027-01-01'
    rules = load(tmp_path, text).scan
    assert rules.severities == {"Q08": Severity.FLAG}
    assert rules.severities_from == date(2027, 1, 1)


def test_a_relative_catalog_lies_in_the_workspace(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.catalog_url(Settings()) == f"sqlite:///{tmp_path}/catalog.sqlite"
    server = Settings(catalog="postgresql+psycopg://archive:secret@db/paperproof")
    assert workspace.catalog_url(server) == server.catalog


def test_init_names_the_catalog_in_the_settings(tmp_path: Path) -> None:
    address = "postgresql://archive@db.example/paperproof?passfile=/etc/paperproof/pgpass"
    assert Workspace(tmp_path / "w").create(address)
    assert load_settings(tmp_path / "w").catalog == address


def test_the_environment_names_the_catalog_above_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPERPROOF_CATALOG", "postgresql://archive:s3cret@db/paperproof")
    assert load(tmp_path, "").catalog == "postgresql://archive:s3cret@db/paperproof"
    monkeypatch.setenv("PAPERPROOF_CATALOG", "mysql://archive:s3cret@db/paperproof")
    with pytest.raises(UserError, match="catalog does not hold") as caught:
        load(tmp_path, "")
    assert "s3cret" not in str(caught.value)


def test_the_language_follows_the_wish_then_the_surroundings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PAPERPROOF_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert spoken_language() == "en"
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert spoken_language() == "zh"
    monkeypatch.setenv("PAPERPROOF_LANG", "en")
    assert spoken_language() == "en"
    assert spoken_language("zh") == "zh"


def test_what_people_are_asked_for_is_a_setting(tmp_path: Path) -> None:
    file = tmp_path / SETTINGS_NAME
    file.write_text('[keying]\nrequired = ["amount"]\nleast_confidence = 0.9\n', "utf-8")
    rules = load_settings(tmp_path).keying
    assert (rules.required, rules.least_confidence) == ((FieldName.AMOUNT,), 0.9)
    file.write_text("[keying]\nleast_confidence = 80\n", "utf-8")
    with pytest.raises(UserError, match=r"keying\.least_confidence"):
        load_settings(tmp_path)

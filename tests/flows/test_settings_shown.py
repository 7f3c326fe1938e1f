from flows.settings import Settings
from flows.settings_shown import HIDDEN, _lines, shown_settings
from flows.store_settings import StoreSettings


def test_secrets_are_hidden_and_changes_told() -> None:
    settings = Settings(
        catalog="postgresql://archive:s3cret@db.example/archive",
        primary=StoreSettings(bucket="p", credentials="keys/primary.toml"),
    )
    lines = {(one.section, one.name): one for one in shown_settings(settings)}
    assert lines["primary", "credentials"].value == HIDDEN
    assert "s3cret" not in lines["", "catalog"].value
    assert lines["", "catalog"].is_changed
    assert not lines["replica", "bucket"].is_changed
    assert not any("keys/primary" in one.value for one in lines.values())


def test_of_a_new_workspace_s_settings_none_differs() -> None:
    assert not any(one.is_changed for one in shown_settings(Settings()))


def test_a_secret_deep_in_a_section_is_hidden_too() -> None:
    dumped = {"upload": {"to": {"bucket": "up", "credentials": "keys/up.toml"}}}
    assert dict(_lines(dumped)) == {("upload", "to"): f"bucket up, credentials {HIDDEN}"}

"""One-time codes are of one half minute; their seeds open with the workspace's key for their person alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.access.second_factor import SeedKey, enrolment_uri, new_seed, step_of
from pipeline.errors import UserError

# RFC 6238 appendix B: seed "12345678901234567890", SHA-1, the last six of eight figures
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert step_of(code, SEED, at) == seconds // 30
    assert step_of(f"{code[:3]} {code[3:]}", SEED, at) == seconds // 30


def test_a_code_counts_half_a_minute_before_and_after_and_no_longer() -> None:
    last_second = datetime.fromtimestamp(1111111109, UTC)
    step = 1111111109 // 30
    for seconds, found in ((-30, step), (30, step), (-60, None), (31, None)):
        assert step_of("081804", SEED, last_second + timedelta(seconds=seconds)) == found
    for typed in ("", "abc", "08180", "０８１８０４"):
        assert step_of(typed, SEED, last_second) is None


def test_a_seed_opens_for_its_person_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "second-factor.key"
    key = SeedKey.of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    seed = new_seed()
    sealed = key.sealed(seed, "李静")
    assert seed not in sealed
    assert SeedKey.of(path).opened(sealed, "李静") == seed
    assert key.opened(sealed, "何敏") is None
    assert SeedKey.of(tmp_path / "other.key").opened(sealed, "李静") is None


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "second-factor.key"
    SeedKey.of(path)
    path.chmod(0o644)
    with pytest.raises(UserError, match="chmod 600"):
        SeedKey.of(path)


def test_the_code_to_scan_names_institution_and_person() -> None:
    uri = enrolment_uri(SEED, "李静", "Paperproof 某证券")
    assert uri.startswith("otpauth://totp/Paperproof%20%E6%9F%90")
    assert f"secret={SEED}" in uri

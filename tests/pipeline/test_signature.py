"""Signatures, and whose they are: the keys that were in use when a record was made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.signature import KnownKeys, Signer, Verdict

AT = datetime(2026, 11, 27, tzinfo=UTC)


def test_the_key_is_made_once_and_known_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "signing.pem"
    signer = Signer.of(path)
    assert Signer.of(path).sign(b"x") == signer.sign(b"x")
    known = KnownKeys.beside(path)
    assert [key for _, key in known.keys] == [signer.public_key]
    assert all(one.stat().st_mode & 0o077 == 0 for one in (path, known.path))


def test_a_signature_is_judged_by_the_key_of_its_time(tmp_path: Path) -> None:
    old, new, other = (Signer.of(tmp_path / f"{name}.pem") for name in ("old", "new", "other"))
    keys = ((AT, old.public_key), (AT + timedelta(days=9), new.public_key))
    known = KnownKeys(tmp_path / "signing.keys", keys)

    def judged(signer: Signer, days: int) -> Verdict:
        return known.judge(signer.sign(b"x"), b"x", AT + timedelta(days=days))

    assert judged(old, -1) is judged(old, 1) is judged(new, 9) is Verdict.HOLDS
    assert judged(new, 1) is judged(old, 10) is judged(other, 1) is Verdict.OTHER_KEY
    assert known.judge(old.sign(b"x"), b"y", AT) is known.judge(None, b"x", AT) is Verdict.BROKEN
    nobody = KnownKeys(tmp_path / "none.keys", ())
    assert nobody.judge(old.sign(b"x"), b"x", AT) is Verdict.OTHER_KEY


def test_a_new_key_follows_the_old_one(tmp_path: Path) -> None:
    """The key that is moved away stays on the list; the one made then is entered behind it."""
    path = tmp_path / "signing.pem"
    old = Signer.of(path)
    path.rename(tmp_path / "old.pem")
    new = Signer.of(path)
    known = KnownKeys.beside(path)
    assert [key for _, key in known.keys] == [old.public_key, new.public_key]
    assert known.judge(old.sign(b"x"), b"x", known.keys[0][0]) is Verdict.HOLDS


def test_a_list_of_keys_that_does_not_hold_is_told(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    Signer.of(path)
    known = KnownKeys.beside(path)
    known.path.chmod(0o666)
    with pytest.raises(UserError, match="Others may change"):
        KnownKeys.beside(path)
    known.path.chmod(0o600)
    for wrong in ("yesterday " + "0" * 64, "2026-11-27 short", "\xff"):
        known.path.write_text(wrong, "latin-1")
        with pytest.raises(UserError, match="cannot be read"):
            Signer.of(path)

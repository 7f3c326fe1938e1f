"""The checkpoint's form against C2SP's own rules, read by an independent reading of the bytes."""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.audit.note import Checkpoint, LogKey
from pipeline.errors import UserError
from pipeline.signature import Signer

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEY = LogKey("archive.example/log", bytes.fromhex(SIGNER.sign(b"").public_key))
CHECKPOINT = Checkpoint(KEY.name, 12, sha256(b"root").digest())


def test_a_note_is_what_the_specification_says() -> None:
    text, signature = CHECKPOINT.signed(SIGNER).decode().split("\n\n")
    assert text == f"archive.example/log\n12\n{base64.b64encode(CHECKPOINT.root).decode()}"
    dash, name, coded = signature.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", KEY.name)
    raw = base64.b64decode(coded)
    assert raw[:4] == sha256(b"archive.example/log\n\x01" + KEY.public).digest()[:4]
    Ed25519PublicKey.from_public_bytes(KEY.public).verify(raw[4:], f"{text}\n".encode())
    assert KEY.opened(CHECKPOINT.signed(SIGNER)) == CHECKPOINT


def test_a_key_of_the_specification_is_read() -> None:
    """The verifier key in the documentation of Go's sumdb/note, the first use of this form."""
    line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert str(LogKey.read(line)) == line


@pytest.mark.parametrize("line", ["", "a", "a+b+c", "a b+00000000+AA==", f"{KEY}A", f"x{KEY}"])
def test_what_is_no_key_is_refused(line: str) -> None:
    with pytest.raises(UserError, match="is no key of a log"):
        LogKey.read(line)


def test_no_flipped_bit_of_a_checkpoint_passes() -> None:
    note = CHECKPOINT.signed(SIGNER)
    passed = [
        (place, bit)
        for place in range(len(note))
        for bit in range(8)
        if KEY.opened(note[:place] + bytes([note[place] ^ 1 << bit]) + note[place + 1 :])
    ]
    assert passed == []


def test_another_key_another_name_and_added_lines_do_not_pass() -> None:
    note = CHECKPOINT.signed(SIGNER)
    other = Signer(Ed25519PrivateKey.generate())
    assert KEY.opened(CHECKPOINT.signed(other)) is None
    assert LogKey("archive.example/other", KEY.public).opened(note) is None
    for added in (note + b"\n", note + b"x", b"\n" + note, note.rstrip(b"\n"), b"", b"\xff"):
        assert KEY.opened(added) is None


def test_a_witness_may_sign_beside() -> None:
    witness = b"\xe2\x80\x94 witness.example AAAAAAAA\n"
    assert KEY.opened(CHECKPOINT.signed(SIGNER) + witness) == CHECKPOINT


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "key.pem"
    Signer.of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700

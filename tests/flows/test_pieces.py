"""What headquarters does with pieces of a file."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.parts import Parts
from flows.pieces import SentFile, receive_piece, standing_of, sweep_pieces
from flows.uploads import Uploads
from pipeline.errors import UserError
from pipeline.model import Batch
from pipeline.sending import Standing
from tests.flows.conftest import DAY

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads", 1 << 20)


def sent(content: bytes) -> SentFile:
    batch = Batch("3301", DAY, "station-1", "wang", "1")
    return SentFile(batch, "0001.jpg", hashlib.sha256(content).hexdigest())


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.integers(0, len(CONTENT) + 9), st.integers(0, len(CONTENT))), max_size=20)
)
def test_pieces_in_any_order_make_the_file_or_nothing(
    uploads: Uploads, pieces: list[tuple[int, int]]
) -> None:
    file, size = sent(CONTENT), len(CONTENT)
    path = uploads.path(file.batch, file.name)
    path.unlink(missing_ok=True)
    have = 0
    for offset, length in (*pieces, (0, 0)):
        piece = CONTENT[offset : offset + length]
        have = receive_piece(uploads, file, size, offset, piece).received
        if path.exists():
            break
    if not path.exists():
        receive_piece(uploads, file, size, have, CONTENT[have:])
    assert path.read_bytes() == CONTENT


def test_what_is_not_what_was_announced_is_not_kept(uploads: Uploads, parts: Parts) -> None:
    file = sent(CONTENT)
    for wrong in (CONTENT[:-1] + b"x", CONTENT + b"more"):
        with pytest.raises(UserError, match="arrived otherwise"):
            receive_piece(uploads, file, len(CONTENT), 0, wrong)
        assert standing_of(parts, uploads, file).standing is Standing.UNKNOWN
    with pytest.raises(UserError, match="larger than"):
        receive_piece(uploads, file, 2 << 20, 0, b"x")


def test_pieces_nobody_added_to_are_swept(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sent(CONTENT)
    receive_piece(uploads, file, len(CONTENT), 0, b"x")
    sweep_pieces(uploads)
    assert receive_piece(uploads, file, len(CONTENT), 5, b"").received == 1
    monkeypatch.setattr("flows.pieces.time.time", lambda: datetime.now(UTC).timestamp() + 1e7)
    sweep_pieces(uploads)
    assert receive_piece(uploads, file, len(CONTENT), 5, b"").received == 0

"""A certificate on paper: everything stands on it, on as many sheets as it takes."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit.certificate import Certificate
from pipeline.audit.entry import Entry, canonical, told
from pipeline.audit.note import Checkpoint
from pipeline.audit.sheet import draw_certificate, lines

BODY = canonical(
    told(
        7, "a" * 64, "2026-11-27T01:02:03.456+00:00", who="李四", act="page.view", subject="b" * 64
    )
)
PROVED = Entry.read(BODY), Checkpoint("log", 9, bytes(32))


@pytest.mark.parametrize(("hashes", "sheets"), [(3, 1), (60, 2)])
def test_a_long_proof_goes_on_on_a_second_sheet(hashes: int, sheets: int) -> None:
    proof = tuple(hashlib.sha256(bytes([one])).digest() for one in range(hashes))
    drawn = draw_certificate(Certificate(BODY, proof, b"log\n9\n", "log+key"), PROVED, "zh")
    assert len(drawn) == sheets
    for page in drawn:
        assert page.shape == (*drawn[0].shape[:2], 3)
        edge = page[:, -page.shape[1] // 20 :]
        assert np.all(edge == 255)  # nothing runs over the right edge


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" ")))
def test_lines_lose_no_sign(text: str) -> None:
    assert "".join(lines(text, 20, len)).replace(" ", "") == text.replace(" ", "")

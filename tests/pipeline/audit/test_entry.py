from __future__ import annotations

import json

import pytest

from pipeline.audit.entry import FIRST, Entry, canonical, digest_of, told


def _body(**details: object) -> bytes:
    return canonical(told(1, FIRST, "2026-11-19T08:00:00.000+00:00", **details))


def test_the_same_content_is_the_same_bytes() -> None:
    assert _body(who="李四", act="page.view") == _body(act="page.view", who="李四")
    assert _body(who="李四").decode().startswith('{"alg":"SHA-256","at":"2026')


def test_an_entry_is_read_as_it_was_written() -> None:
    entry = Entry.read(_body(who="李四", act="page.view"))
    assert (entry.seq, entry.prev, entry.told["who"]) == (1, FIRST, "李四")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"seq":true,"prev":"0"}',
        b'{"prev":"0", "seq":1}',
        b'{"seq":1,"prev":"0"}',
        b'{"prev":"0","prev":"0","seq":1}',
        b"\xff",
    ],
)
def test_what_is_not_canonical_is_no_entry(body: bytes) -> None:
    with pytest.raises(ValueError):
        Entry.read(body)


def test_numbers_that_people_type_are_kept_as_digests_only() -> None:
    body = _body(
        purpose="客户6222021234567890投诉, 2026-11-19, ID 11010119900307123X", page=123456789
    )
    assert b"6222021234567890" not in body
    assert b"11010119900307123X" not in body
    assert b"2026-11-19, ID #" in body
    assert json.loads(body)["page"] == 123456789


def test_a_digest_stands_for_any_value() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of(None) != digest_of("")

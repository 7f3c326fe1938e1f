"""UTF-8 and GB18030 are told apart; whatever is neither is refused before a row is read."""

import pytest

from ingest.stream_text import decode_stream
from pipeline.errors import StreamRefused

FRAME = "business_date,serial_no\n2026-11-19,1,{}\n#TRAILER,3301,1,100.50\n"


@pytest.mark.parametrize("text", ["余示例,资金取出", "證券賬戶開戶", "镕堃喆,身份证", "𠮷野,姓名"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_is_read(text: str, encoding: str) -> None:
    content = FRAME.format(text).encode(encoding)
    assert decode_stream(content) == (FRAME.format(text), encoding)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode_stream("余\n".encode("utf-8-sig")) == ("余\n", "utf-8")
    assert decode_stream("\ufeff余\n".encode("gb18030")) == ("余\n", "gb18030")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("余示例", "utf-16"),
        ("余示例", "utf-16-le"),
        ("Yu", "utf-16-le"),
        ("余示例", "utf-32"),
        ("Müller Société Générale", "latin-1"),
        ("證券賬戶開戶銀證轉賬簽約科創板權限開通機構資料變更", "big5"),
        ("現金預入振込口座開設山田太郎本人確認書類運転免許証", "shift_jis"),
    ],
)
def test_another_encoding_is_refused(text: str, encoding: str) -> None:
    with pytest.raises(StreamRefused, match="not in UTF-8 or GB18030"):
        decode_stream(FRAME.format(text).encode(encoding))


@pytest.mark.parametrize("start", [b"PK\x03\x04\x14\0", b"\x89PNG\r\n", b"%PDF-1.7\n", b"II*\0"])
def test_a_workbook_or_an_image_is_refused(start: bytes) -> None:
    with pytest.raises(StreamRefused, match="binary file"):
        decode_stream(start + bytes(range(256)))

"""A vendor's columns become the stream's; the format's description is held to what it says."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.stream_columns import COLUMNS, NEUTRAL, load_mapping
from ingest.transactions import read_stream
from pipeline.errors import StreamRefused, UserError

DAY = date(2026, 11, 19)
DESCRIPTION = Path(__file__).parents[2] / "docs" / "stream-file.md"


def example(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", DESCRIPTION.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_described_neutral_file_reads() -> None:
    read_back = read_stream(example("csv").encode(), day=DAY)
    first, second = read_back.transactions
    assert read_back.rejects == ()
    assert first.amount == Decimal("54030.33")
    assert second.remark == "引号、逗号, 要加引号"
    assert not second.expects_paper


@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_the_described_vendor_file_reads_with_the_described_mapping(encoding: str) -> None:
    mapping = load_mapping(example("yaml"))
    content = example("csv vendor").encode(encoding)
    read_back = read_stream(content, day=DAY, mapping=mapping)
    first, second = read_back.transactions
    assert read_back.rejects == ()
    assert (first.channel, second.channel) == ("counter", "online_hall")
    assert (first.handling_branch, first.owner_branch) == ("3301", "3301")
    assert (first.currency, first.id_type) == ("CNY", "居民身份证")
    assert read_back.branches[0].branch == "3301"


def test_every_column_is_described() -> None:
    described = set(re.findall(r"`([a-z_]+)`", DESCRIPTION.read_text(encoding="utf-8")))
    assert set(COLUMNS) <= described


def test_an_empty_mapping_is_the_neutral_one() -> None:
    assert load_mapping("") == load_mapping("# nothing\n") == NEUTRAL


def test_codes_keep_their_zeros_and_no_stays_a_word() -> None:
    mapping = load_mapping("translations:\n  channel: {01: counter, no: batch}\n")
    assert mapping.translated("channel", "01") == "counter"
    assert mapping.translated("channel", "no") == "batch"
    assert mapping.translated("channel", "1") == "1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("column: {a: amount}", 'no key "column"'),
        ("columns: [amount]", '"columns" must hold pairs'),
        ("columns: {金额: ammount}", '"columns: 金额" names the column "ammount"'),
        ("columns: {金额: }", '"columns: 金额" must hold one value'),
        ("columns: {金额: amount, 发生额: amount}", '"amount" more than once'),
        ("columns: {金额: amount}\nconstants: {amount: '1'}", '"amount" more than once'),
        ("constants: {nobody: '1'}", '"constants" names the column "nobody"'),
        ("constants: {currency: {a: b}}", '"constants: currency" must hold one value'),
        ("translations: {kanal: {a: b}}", '"translations" names the column "kanal"'),
        ("translations: {channel: counter}", '"translations: channel" must hold pairs'),
        ("date_format: yyyymmdd", '"date_format: yyyymmdd" does not read dates'),
        ("date_format: '%d.%m.'", "does not read dates"),
        ("datetime_format: '%Y%m%d'", "does not read dates"),
        ("delimiter: '::'", '"delimiter" must be one character'),
        ("delimiter: a", '"delimiter" must be one character'),
        ("trailer: [a]", '"trailer" must hold one value'),
        ("encoding: latin-1", '"encoding" must be one of utf-8, gb18030'),
        ("a: b\nc: [", "not YAML; look at line 2"),
        ("just words", "must hold pairs"),
        ("a: !!python/object/apply:os.getcwd []", 'no key "a"'),
        ("[" * 5000, "not YAML"),
    ],
)
def test_a_wrong_mapping_names_its_key(text: str, told: str) -> None:
    with pytest.raises(UserError) as refused:
        load_mapping(text)
    assert told in str(refused.value)


def test_missing_columns_are_named_as_the_vendor_names_them() -> None:
    mapping = load_mapping(example("yaml"))
    content = example("csv vendor").replace("渠道", "來源")
    with pytest.raises(StreamRefused, match="lacks the required columns 渠道;"):
        read_stream(content.encode("gb18030"), day=DAY, mapping=mapping)


def test_reasons_name_the_vendors_headings() -> None:
    mapping = load_mapping(example("yaml"))
    content = example("csv vendor").replace("柜面", "邮寄")
    (reject,) = read_stream(content.encode("gb18030"), day=DAY, mapping=mapping).rejects
    assert 'Column 渠道 holds "邮寄"' in str(reject.reason)

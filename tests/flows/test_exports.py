"""A package leaves: asked for, approved, encrypted whole, opened by the recipient alone, handed over."""

import csv
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import bagit
import pyrage
import pytest

from catalog.log import entries
from flows.access import Guard
from flows.digital import DigitalIntake, take_in_digital
from flows.export_package import Making, make_package
from flows.exports import ExportDesk
from flows.parts import Parts
from flows.stores import Stores
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed
from pipeline.errors import UserError
from pipeline.exports import Channel, ExportActKind, ExportState, Wanted, What
from pipeline.sandbox import Sandbox
from storage.store import digest
from tests.flows.archived_day import FIRST, SECOND
from tests.sent_package import FILES, send

from .captured_day import book
from .conftest import DAY, Silent, booked

BEFORE = (What.CUSTOMER, (FIRST.customer_no,))


def desk(parts: Parts, name: str) -> ExportDesk:
    return ExportDesk(Guard.at_word(parts, name))


def approved(parts: Parts, what: What, names: tuple[str, ...], age_key: str = "") -> int:
    wanted = Wanted(
        branch="3301",
        what=what,
        names=names,
        purpose="协查 2026-77",
        recipient="杭州中院 王法官",
        package_by=Channel.EMAIL,
        key_by=Channel.PHONE,
        age_key=age_key,
    )
    now = datetime.now(UTC)
    no = desk(parts, "何静").ask(wanted, now).no
    desk(parts, "郑规").approve(no, "", now)
    return no


def making(parts: Parts, stores: Stores, opener: Sandbox, name: str = "何静") -> Making:
    return Making(desk(parts, name), stores.vault, opener, Silent(), datetime.now(UTC))


def unpacked(content: bytes, into: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        tar.extractall(into, filter="data")
    [bag] = into.iterdir()
    return bag


@pytest.mark.requirement("B1-01")
def test_a_package_is_encrypted_and_whole_for_its_recipient_alone(
    archived: Parts, stores: Stores, opener: Sandbox, tmp_path: Path
) -> None:
    key = pyrage.x25519.Identity.generate()
    no = approved(archived, *BEFORE, str(key.to_public()))
    made = make_package(making(archived, stores, opener), no)
    assert (made.transactions, made.pages, made.passphrase) == (1, 1, "")
    content = made.path.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    assert FIRST.customer_no.encode() not in content
    assert [one.name for one in archived.workspace.exports.iterdir()] == [made.path.name]
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(content, [pyrage.x25519.Identity.generate()])
    bag = unpacked(pyrage.decrypt(content, [key]), tmp_path / "open")
    bagit.Bag(str(bag)).validate()
    [row] = csv.DictReader((bag / "data/index.csv").read_text("utf-8-sig").splitlines())
    assert (row["serial_no"], row["customer_no"]) == (FIRST.serial_no, FIRST.customer_no)
    assert row["master_sha256"] in archived.catalog.named.pages_of_customer(FIRST.customer_no)
    picture = (bag / "data" / row["file"]).read_bytes()
    assert picture != stores.vault.read(row["master_sha256"]), "it has a watermark"
    assert "杭州中院" in (bag / "bag-info.txt").read_text("utf-8")
    [seen] = archived.catalog.viewings.of_page(row["master_sha256"])
    assert (seen.act, seen.person) == (Act.EXPORT_MAKE, "何静")


@pytest.mark.requirement("B1-01", "B1-02")
def test_a_passphrase_opens_it_and_is_kept_nowhere(
    archived: Parts, stores: Stores, opener: Sandbox, tmp_path: Path
) -> None:
    no = approved(archived, What.DAY, (DAY.isoformat(),))
    made = make_package(making(archived, stores, opener), no)
    assert made.transactions == 2
    bag = unpacked(
        pyrage.passphrase.decrypt(made.path.read_bytes(), made.passphrase), tmp_path / "open"
    )
    bagit.Bag(str(bag)).validate()
    with archived.catalog._engine.connect() as connection:
        told = [str(one.body) for one in entries(connection)]
    assert not any(made.passphrase in one for one in told)
    with pytest.raises(UserError, match="cannot be done"):
        make_package(making(archived, stores, opener), no)


def test_of_a_customer_nobody_knows_no_package_is_asked_for(archived: Parts) -> None:
    with pytest.raises(UserError, match="Nobody knows customer 0099"):
        approved(archived, What.CUSTOMER, ("0099",))
    assert not archived.catalog.exports.all()


@pytest.mark.requirement("B1-02")
def test_the_register_keeps_both_channels_and_both_acts(
    archived: Parts, stores: Stores, opener: Sandbox
) -> None:
    no = approved(archived, What.LIST, (FIRST.serial_no, SECOND.serial_no))
    with pytest.raises(UserError, match="cannot be done"):
        desk(archived, "何静").sent(no, ExportActKind.SEND_KEY, "电话", datetime.now(UTC))
    make_package(making(archived, stores, opener), no)
    now = datetime.now(UTC)
    with pytest.raises(UserError, match="to whom"):
        desk(archived, "何静").sent(no, ExportActKind.SEND_PACKAGE, " ", now)
    desk(archived, "何静").sent(no, ExportActKind.SEND_PACKAGE, "wang@court.example", now)
    desk(archived, "何静").sent(no, ExportActKind.SEND_KEY, "0571-1234", now)
    assert archived.catalog.exports.one(no).state_at(now, 30) is ExportState.SENT
    with archived.catalog._engine.connect() as connection:
        told = {one.body["act"]: one.body for one in entries(connection)}
    assert told["export.send_package"]["channel"] == "email"
    assert told["export.send_key"]["channel"] == "phone"


def test_nothing_is_made_without_another_persons_approval(
    archived: Parts, stores: Stores, opener: Sandbox
) -> None:
    no = approved(archived, *BEFORE)
    with pytest.raises(NotAllowed, match="who makes it"):
        make_package(making(archived, stores, opener, "吴敏"), no)
    own = desk(archived, "何静")
    asked = own.ask(archived.catalog.exports.one(no).wanted, datetime.now(UTC)).no
    with pytest.raises(NotAllowed, match="own request"):
        own.approve(asked, "", datetime.now(UTC))
    with pytest.raises(UserError, match="waits for a decision"):
        make_package(making(archived, stores, opener), asked)
    assert not archived.workspace.exports.exists()


def test_what_is_not_there_makes_no_package(
    archived: Parts, stores: Stores, opener: Sandbox
) -> None:
    no = approved(archived, What.TRANSACTION, ("没有",))
    with pytest.raises(UserError, match="is booked at branch"):
        make_package(making(archived, stores, opener), no)


def test_born_digital_files_are_named_in_the_index_and_told(
    archived: Parts, stores: Stores, opener: Sandbox, tmp_path: Path
) -> None:
    online = booked(
        3, channel="online_hall", business_code="B503", business_name="产品赎回", voucher_count=None
    )
    book(archived, online)
    intake = DigitalIntake(archived, stores, opener.media, "3301", "周归档", datetime.now(UTC))
    assert not take_in_digital(intake, send(tmp_path / "sent"), Silent()).refused
    key = pyrage.x25519.Identity.generate()
    no = approved(archived, What.TRANSACTION, (online.serial_no,), str(key.to_public()))
    made = make_package(making(archived, stores, opener), no)
    assert (made.pages, set(made.born_digital)) == (0, set(FILES))
    bag = unpacked(pyrage.decrypt(made.path.read_bytes(), [key]), tmp_path / "open")
    index = csv.DictReader((bag / "data/index.csv").read_text("utf-8-sig").splitlines())
    named = {one["master_sha256"]: one["left_out"] for one in index if one["master_sha256"]}
    assert named == {
        digest(content): f"born-digital: {name}" for name, (_, content) in FILES.items()
    }

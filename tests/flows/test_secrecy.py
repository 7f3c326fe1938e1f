"""Levels of secrecy: on everything, by type, by decision, by contents; known to those on the list alone."""

import csv
import tarfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from catalog.log import entries
from catalog.tables import secrecy_act, secrecy_reader
from flows.access import Guard
from flows.evidence import find_transaction
from flows.export_package import make_package
from flows.parts import Parts
from flows.secrecy import Secrecy
from flows.secrecy_desk import SecrecyDesk
from flows.stores import Stores
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.exports import What
from pipeline.profile import read_profile
from pipeline.sandbox import Sandbox
from pipeline.secrecy import Item, ItemKind, LevelActKind
from pipeline.staff import Role
from tests.flows.archived_day import FIRST, SECOND

from .conftest import DAY, Run
from .test_exports import approved, making

NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZONE).date()
ALWAYS = (date(2020, 1, 1), None)


def desk(parts: Parts, name: str = "何静") -> SecrecyDesk:
    return SecrecyDesk(Guard.at_word(parts, name))


def page_of(parts: Parts, serial_no: str = FIRST.serial_no) -> str:
    [page] = find_transaction(parts, serial_no).pages
    return page.sha256


def raised(parts: Parts, level: str = "SECRET") -> str:
    """Raise the first transaction's page, and give its SHA-256."""
    page = page_of(parts)
    set_level(parts, desk(parts).page(page[:12]), level)
    return page


def set_level(parts: Parts, item: Item, level: str, by: str = "何静") -> LevelActKind:
    of = Secrecy(parts).ladder.of(level)
    return desk(parts, by).set(item, of, "举报线索", NOW).kind


def admit(parts: Parts, who: Role | str, level: str = "SECRET") -> int:
    return desk(parts, "安全甲").admit(Secrecy(parts).ladder.of(level), who, ALWAYS, "专案", NOW)


def see(parts: Parts, name: str, page: str, at: datetime = NOW) -> None:
    subject = Subject("3301", FIRST.customer_no, page)
    Guard.at_word(parts, name).view(Act.PAGE_VIEW, subject, "查询", at)


def with_types(parts: Parts, **levels: str) -> Parts:
    """The same workspace with a profile in which some types have a level."""
    types = {
        code: kind.model_copy(update={"secrecy": levels.get(code)})
        for code, kind in parts.profile.types.items()
    }
    profile = parts.profile.model_copy(update={"types": types})
    return replace(parts, _profiles={"": profile})


@pytest.mark.requirement("BM-01", "RC-12")
def test_a_raised_page_is_open_to_those_on_the_list_alone(archived: Parts) -> None:
    page, other = page_of(archived), page_of(archived, SECOND.serial_no)
    see(archived, "李静", page)
    raised(archived)
    with pytest.raises(NotAllowed, match="This is secret, and 李静 is not on the access list"):
        see(archived, "李静", page)
    assert len(archived.catalog.viewings.of_page(page)) == 1, "what is refused is no viewing"
    with archived.catalog._engine.connect() as connection:
        last = list(entries(connection))[-1].body
    assert (last["act"], last["subject"], last["ok"]) == ("page.view", page, False)
    assert (last["reason"], last["level"], last["who"]) == ("secrecy", "SECRET", "李静")
    no = admit(archived, "李 静")
    see(archived, "李静", page)
    with pytest.raises(NotAllowed):
        see(archived, "何静", page)
    desk(archived, "安全甲").end(no, "结案", NOW)
    with pytest.raises(NotAllowed):
        see(archived, "李静", page)
    subject = Subject("3301", SECOND.customer_no, other)
    Guard.at_word(archived, "李静").view(Act.PAGE_VIEW, subject, "查询", NOW)


@pytest.mark.requirement("BM-01")
def test_a_list_holds_for_its_days_its_roles_and_the_levels_below(archived: Parts) -> None:
    staff = archived.catalog.staff
    staff.add("周总", Role.HEADQUARTERS, None, "周总")
    staff.add("安全甲", Role.SECURITY_ADMIN, None, "周总")
    staff.add("何静", Role.ARCHIVIST, "3301", "周总")
    staff.add("郑规", Role.COMPLIANCE, None, "周总")
    page = raised(archived, "SECRET")
    secret = Secrecy(archived).ladder.of("机密")
    with pytest.raises(NotAllowed):
        see(archived, "郑规", page)
    tomorrow = TODAY + timedelta(days=2)
    desk(archived, "安全甲").admit(secret, Role.COMPLIANCE, (tomorrow, tomorrow), "检查", NOW)
    with pytest.raises(NotAllowed):
        see(archived, "郑规", page)
    see(archived, "郑规", page, NOW + timedelta(days=2))
    with pytest.raises(NotAllowed):
        see(archived, "郑规", page, NOW + timedelta(days=4))
    admit(archived, Role.ARCHIVIST, "TOP_SECRET")
    see(archived, "何静", page)
    staff.end("何静", Role.ARCHIVIST, "3301", "周总")
    staff.add("何静", Role.ARCHIVIST, "3302", "周总")
    with pytest.raises(NotAllowed):
        see(archived, "何静", page)


@pytest.mark.requirement("BM-01")
def test_the_security_administrator_keeps_the_lists_for_others_alone(archived: Parts) -> None:
    staff = archived.catalog.staff
    staff.add("周总", Role.HEADQUARTERS, None, "周总")
    staff.add("系统甲", Role.SYSTEM_ADMIN, None, "周总")
    staff.add("安全甲", Role.SECURITY_ADMIN, None, "周总")
    secret = Secrecy(archived).ladder.of("SECRET")
    for name in ("系统甲", "周总"):
        with pytest.raises(NotAllowed, match="not registered as Security administrator"):
            desk(archived, name).admit(secret, "系统甲", ALWAYS, "x", NOW)
    keeper = desk(archived, "安全甲")
    with pytest.raises(NotAllowed, match="Nobody puts themselves"):
        keeper.admit(secret, "安全 甲", ALWAYS, "x", NOW)
    for who in ("系统甲", Role.SYSTEM_ADMIN):
        with pytest.raises(NotAllowed, match="cannot stand on an access list"):
            keeper.admit(secret, who, ALWAYS, "x", NOW)
    with pytest.raises(UserError, match="Say why"):
        keeper.admit(secret, "李静", ALWAYS, " ", NOW)
    with pytest.raises(UserError, match="has no access list"):
        keeper.admit(Secrecy(archived).ladder.lowest, "李静", ALWAYS, "x", NOW)
    assert archived.catalog.secrecy.readers() == ()


@pytest.mark.requirement("RC-12")
def test_lowering_needs_another_person_who_may_know_it(archived: Parts) -> None:
    page = raised(archived, "TOP_SECRET")
    item = desk(archived).page(page)
    with pytest.raises(NotAllowed, match="top secret"):
        set_level(archived, item, "NORMAL")
    for name in ("何静", "郑规"):
        admit(archived, name, "TOP_SECRET")
    assert set_level(archived, item, "SECRET") is LevelActKind.LOWER
    [asked] = archived.catalog.secrecy.waiting()
    assert Secrecy(archived).of_page(page).code == "TOP_SECRET"
    with pytest.raises(NotAllowed, match="Nobody confirms what they asked for"):
        desk(archived).settle(asked.no, LevelActKind.CONFIRM, "x", NOW)
    with pytest.raises(NotAllowed, match="not on the access list"):
        desk(archived, "吴敏").settle(asked.no, LevelActKind.CONFIRM, "x", NOW)
    desk(archived, "郑规").settle(asked.no, LevelActKind.CONFIRM, "结案", NOW)
    assert Secrecy(archived).of_page(page).code == "SECRET"
    with pytest.raises(UserError, match="No lowering"):
        desk(archived, "郑规").settle(asked.no, LevelActKind.CONFIRM, "结案", NOW)
    told = [one.kind.value for one in archived.catalog.secrecy.of(item)]
    assert told == ["raise", "lower", "confirm"]


@pytest.mark.requirement("RC-12")
def test_the_registers_only_grow(archived: Parts) -> None:
    raised(archived)
    admit(archived, "李静")
    for statement in (update(secrecy_act).values(level="NORMAL"), delete(secrecy_reader)):
        with (
            pytest.raises(DatabaseError, match="only added to"),
            archived.catalog._engine.begin() as connection,
        ):
            connection.execute(statement)


@pytest.mark.requirement("RC-12", "B2-09")
def test_the_highest_of_type_page_archive_and_contents_counts(archived: Parts) -> None:
    page = page_of(archived)
    kinds = archived.catalog.belonging.types([page], archived.profile.types)
    [kind] = {code for code, _ in kinds[page]}
    by_type = with_types(archived, **{kind: "SECRET"})
    assert Secrecy(by_type).of_page(page).code == "SECRET"
    assert Secrecy(archived).of_page(page).code == "NORMAL"
    set_level(archived, desk(archived).archive(FIRST.customer_no), "TOP_SECRET")
    of_page = Secrecy(by_type).of_pages([page, page_of(archived, SECOND.serial_no)])
    assert sorted(map(str, of_page.values())) == ["SECRET", "TOP_SECRET"]
    assert Secrecy(archived).of_bag(FIRST.customer_no).code == "TOP_SECRET"
    assert Secrecy(archived).of_bag(SECOND.customer_no).code == "NORMAL"
    volumes = [Secrecy(archived).of_volume(one).code for one in archived.catalog.volumes.names()]
    assert "TOP_SECRET" in volumes
    with pytest.raises(NotAllowed, match="top secret"):
        see(archived, "李静", page)


@pytest.mark.requirement("RC-12")
def test_a_type_that_is_no_more_leaves_its_pages_as_secret_as_it_was(archived: Parts) -> None:
    page = page_of(archived)
    assert Secrecy(without_type_of(page, archived)).of_page(page).code == "SECRET"


def without_type_of(page: str, parts: Parts) -> Parts:
    """Give a workspace whose profile no longer has a page's type; that of the page's day had it secret."""
    now = parts.profile
    [(kind, _)] = parts.catalog.belonging.types([page], now.types)[page]
    others = {code: one for code, one in now.types.items() if code != kind}
    of_text = {
        "older": with_types(parts, **{kind: "SECRET"}).profile,
        "newer": now.model_copy(update={"types": others}),
    }
    for text, since in (("older", DAY), ("newer", TODAY)):
        parts.catalog.profiles.publish(text, since, "总部甲")
    known = {sha256(text.encode()).hexdigest(): one for text, one in of_text.items()}
    assert kind not in others
    return replace(parts, _profiles={"": now, **known})


@pytest.mark.requirement("RC-12")
def test_a_profile_that_cannot_be_read_lets_no_level_be_forgotten(archived: Parts) -> None:
    archived.catalog.profiles.publish("no profile", TODAY + timedelta(days=1), "总部甲")
    page = page_of(archived)
    assert Secrecy(archived).of_page(page).code == "NORMAL"
    assert Secrecy(without_type_of(page, archived)).of_page(page).code == "SECRET"


@pytest.mark.requirement("RC-12", "B2-09")
def test_a_package_that_leaves_bears_its_highest_level(
    archived: Parts, stores: Stores, opener: Sandbox, tmp_path: Path
) -> None:
    raised(archived)
    no = approved(archived, What.DAY, (DAY.isoformat(),))
    with pytest.raises(NotAllowed, match="何静 is not on the access list"):
        make_package(making(archived, stores, opener), no)
    assert (
        not list(archived.workspace.exports.iterdir())
        if archived.workspace.exports.exists()
        else True
    )
    admit(archived, "何静")
    made = make_package(making(archived, stores, opener), no)
    content = pyrage.passphrase.decrypt(made.path.read_bytes(), made.passphrase)
    with tarfile.open(fileobj=BytesIO(content)) as tar:
        tar.extractall(tmp_path, filter="data")
    [bag] = [one for one in tmp_path.iterdir() if one.name.startswith("EXPORT")]
    assert "Secrecy-Level: 机密 SECRET" in (bag / "bag-info.txt").read_text("utf-8")
    rows = csv.DictReader((bag / "data/index.csv").read_text("utf-8-sig").splitlines())
    assert {row["serial_no"]: row["secrecy"] for row in rows} == {
        FIRST.serial_no: "机密",
        SECOND.serial_no: "普通",
    }


@pytest.mark.requirement("RC-12")
def test_a_profile_orders_its_own_levels(run: Run, archived: Parts) -> None:
    text = (
        "profile: own\nversion: 1\ncategories: {A: {zh: 甲, en: a}}\n"
        "secrecy:\n"
        "- {code: OPEN, name: {zh: 公开, en: open}}\n"
        "- {code: INNER, name: {zh: 内部, en: internal}}\n"
        "types: {X: {name: {zh: 甲, en: x}, category: A, secrecy: INNER}}\n"
    )
    ladder = read_profile(text, "own").ladder
    assert [one.name.zh for one in ladder.levels] == ["公开", "内部"]
    assert ladder.rank("SECRET") == 2, "what the profile does not know stands above all"
    with pytest.raises(UserError, match=r"types\.X\.secrecy: there is no level of secrecy TOP"):
        read_profile(text.replace("secrecy: INNER", "secrecy: TOP"), "own")
    with pytest.raises(UserError, match=r"secrecy\.2\.code: OPEN stands twice"):
        read_profile(text.replace("INNER", "OPEN"), "own")
    assert "绝密" in run("secrecy", "levels", lang="zh").output


@pytest.mark.requirement("BM-01")
def test_every_way_to_a_page_refuses_alike(
    archived: Parts, run: Run, tmp_path: Path, ways: Callable[[str], list[tuple[str, ...]]]
) -> None:
    page = raised(archived)
    for way in ways(page):
        refused = run(*way)
        assert "is not on the access list of that level" in str(refused.exception), way
    admit(archived, "李静")
    assert run(*ways(page)[0]).exit_code == 0


@pytest.fixture
def ways(tmp_path: Path) -> Callable[[str], list[tuple[str, ...]]]:
    """Commands by which 李静 would get at a page."""
    of = ("--serial", FIRST.serial_no, "--purpose", "查询", "--as", "李静")

    def named(page: str) -> list[tuple[str, ...]]:
        return [
            ("evidence", "premis", page, "-o", str(tmp_path / "a.xml"), *of),
            ("evidence", "--out", str(tmp_path / "b.zip"), *of),
        ]

    return named


@pytest.mark.requirement("BM-01", "RC-12")
def test_levels_are_set_and_lists_kept_at_the_command_line(archived: Parts, run: Run) -> None:
    page = page_of(archived)
    of = ("--page", page[:10], "--because", "线索")
    told = run("secrecy", "set", *of, "--level", "SECRET", "--as", "何静")
    assert "Level of secrecy: secret." in told.output
    again = run("secrecy", "set", *of, "--level", "SECRET", "--as", "何静")
    assert "already" in str(again.exception)
    admitted = run(
        *("secrecy", "admit", "--level", "机密", "--person", "李静"),
        *("--because", "专案", "--as", "安全甲"),
    )
    assert "Place 1 on the access list of secret" in admitted.output
    shown = run("secrecy", "show", "--customer", FIRST.customer_no, "--as", "何静").output
    assert "Level of secrecy: normal" in shown
    assert "all that is in it: secret" in shown
    assert "李静" in shown
    assert page[:16] in run("secrecy", "list", "--as", "何静").output
    assert "李静" in run("secrecy", "readers", "--level", "SECRET", "--as", "何静").output
    run("secrecy", "end", "1", "--because", "结案", "--as", "安全甲")
    assert "结案" in run("secrecy", "readers", "--as", "何静").output
    assert run("secrecy", "set", "--level", "X", *of).exception is not None
    assert "Name one thing" in str(run("secrecy", "show").exception)


def test_an_archive_is_an_item_by_its_bag_too(archived: Parts) -> None:
    bag = archived.catalog.archives.one(FIRST.customer_no).bag
    assert desk(archived).archive(bag) == Item(ItemKind.ARCHIVE, FIRST.customer_no, "3301")
    with pytest.raises(UserError, match="Just one page must begin with"):
        desk(archived).page("ffff")

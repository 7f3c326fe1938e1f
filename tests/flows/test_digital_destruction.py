"""Born-digital packages under a list of destruction: whole or not at all, everywhere, seen to be gone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from catalog.closures import Closure
from flows.close_day import Closing, close_branch
from flows.destroying import carry_out, confirm, left_by_hand
from flows.destruction_check import verify
from flows.destruction_register import register_form
from flows.digital import DigitalIntake, take_in_digital
from flows.packing import Packing, pack
from flows.parts import Parts
from flows.stores import Stores
from flows.sweep import sweep
from pipeline.clocks import ZONE
from pipeline.destruction import ItemKind, Method, OrderState
from pipeline.digital import PlaceKind
from pipeline.errors import UserError
from pipeline.retention import Disposition
from pipeline.sandbox import Sandbox
from storage.store import digest, digital_key
from tests.flows.archived_day import FIRST, ruled
from tests.flows.conftest import DAY, Silent
from tests.flows.packed_day import TOMORROW
from tests.sent_package import FILES, send

from .closed_customer import CLOSED, approved, destroying, draft, verifier

NUMBER = "WT20261119-000003"
KEYS = {digital_key(digest(content)) for _, content in FILES.values()}
FILM = digital_key(digest(FILES["films/witness.mp4"][1]))


@pytest.fixture
def closed(
    archived: Parts, stores: Stores, opener: Sandbox, closing: Closing, tmp_path: Path
) -> Parts:
    """A customer with a voucher and a package of three files, one of them on a disc too; long closed."""
    intake = DigitalIntake(
        archived, stores, opener.media, "3301", "周归档", datetime(2026, 11, 20, tzinfo=ZONE)
    )
    sent = send(tmp_path / "sent", serial_no=FIRST.serial_no, customer_no=FIRST.customer_no)
    assert not take_in_digital(intake, sent, Silent()).refused
    [film] = [no for no, _ in archived.catalog.digital.one(NUMBER).films]
    archived.catalog.digital.place(NUMBER, (film, PlaceKind.DISC, "D-2026-017"), "周归档")
    close_branch(closing, DAY, "3301", Silent())
    pack(Packing(archived, stores, "tester", Silent()), everything=True)
    archived.catalog.closures.enter(Closure(FIRST.customer_no, CLOSED), "李")
    return archived


def names(parts: Parts, no: int, kind: ItemKind) -> set[str]:
    items = parts.catalog.destructions.order(no).items
    return {one.item.name for one in items if one.item.kind is kind}


def all_confirmed(parts: Parts, stores: Stores, no: int) -> None:
    pack(Packing(parts, stores, "tester", Silent()), everything=True)
    carry_out(destroying(parts, stores), no)
    for one in left_by_hand(parts.catalog.destructions.order(no)):
        confirm(destroying(parts, stores), no, one.no, Method.CRUSHED)


@pytest.mark.requirement("CG-20c", "CG-20d", "CG-20e")
def test_a_package_is_listed_by_digest_and_goes_everywhere(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    assert names(closed, no, ItemKind.DIGITAL) == KEYS
    assert names(closed, no, ItemKind.PLACE) == {f"{FILM}@disc"}
    first = carry_out(destroying(closed, stores), no)
    assert first.destroyed >= len(KEYS)
    for store in stores.healable.values():
        assert not any(store.versions(key) for key in KEYS)
    assert closed.catalog.digital.one(NUMBER).package.files, "the register stays"
    all_confirmed(closed, stores, no)
    absence = verify(destroying(closed, stores, "冯检"), no)
    assert absence.complete, absence.found
    assert (absence.looked["digital"], absence.looked["place"]) == (3, 1)
    assert closed.catalog.destructions.order(no).state is OrderState.VERIFIED
    swept = sweep(verifier(closed, stores), TOMORROW)
    assert swept.clean and swept.gaps.objects == 0, "what was destroyed is not lost"


@pytest.mark.requirement("CG-20d")
def test_what_is_found_again_keeps_the_list_open(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    carry_out(destroying(closed, stores), no)
    all_confirmed(closed, stores, no)
    content = FILES["films/witness.mp4"][1]
    stores.vault.replica.put_once(FILM, content, digest(content))
    absence = verify(destroying(closed, stores, "冯检"), no)
    assert [FILM in str(one) for one in absence.found] == [True]
    assert closed.catalog.destructions.order(no).state is OrderState.APPROVED


@pytest.mark.requirement("B1-45")
def test_a_hold_on_one_file_keeps_the_whole_package(closed: Parts, stores: Stores) -> None:
    no = approved(closed)
    closed.catalog.holds.set([FILM], "court file 7", "郑规")
    done = carry_out(destroying(closed, stores), no)
    assert done.stopped >= len(KEYS)
    for store in stores.healable.values():
        assert all(store.versions(key) for key in KEYS)
    [film] = [
        one for one in left_by_hand(closed.catalog.destructions.order(no)) if FILM in one.item.name
    ]
    with pytest.raises(UserError, match="legal hold"):
        confirm(destroying(closed, stores), no, film.no, Method.CRUSHED)


def test_the_register_names_package_file_and_disc(closed: Parts) -> None:
    no = approved(closed)
    form = register_form(closed, closed.catalog.destructions.order(no), "zh")
    told = str(form)
    assert f"{NUMBER}/申请表.pdf" in told
    assert f"{NUMBER}/films/witness.mp4 (D-2026-017)" in told


def test_nothing_electronic_is_listed_while_it_is_kept_for_good(closed: Parts) -> None:
    found = draft(ruled(closed, electronic=Disposition.KEEP))
    assert not [one for one in found.items if one.kind in (ItemKind.DIGITAL, ItemKind.PLACE)]
    assert any(NUMBER in str(one) for one in found.refused)

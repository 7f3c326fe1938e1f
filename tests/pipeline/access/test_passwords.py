"""Passwords: hashed slowly, refused when easily guessed, one-time ones read out without mistakes."""

import re

import pytest

from pipeline.access.passwords import Hasher, checked_password, one_time_password
from pipeline.access.rules import AccessRules
from pipeline.errors import UserError

LIGHT = Hasher(memory_kib=64, time_cost=1, parallelism=1)
RULES = AccessRules()


def test_the_hash_is_argon2id_with_the_parameters_that_were_chosen() -> None:
    assert Hasher().hashed("x" * 12).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_password_agrees_with_its_own_hash_alone() -> None:
    kept = LIGHT.hashed("蓝色 自行车 与 海")
    assert LIGHT.agrees(kept, "蓝色 自行车 与 海")
    assert not LIGHT.agrees(kept, "蓝色 自行车 与 山")
    assert not LIGHT.agrees("no hash", "x")


def test_signs_that_look_alike_and_are_composed_otherwise_are_the_same_password() -> None:
    assert LIGHT.agrees(LIGHT.hashed("caf\u00e9 und Regen"), "cafe\u0301 und Regen")


def test_nobodys_hash_costs_the_same_work_and_agrees_with_nothing() -> None:
    from argon2 import extract_parameters

    assert not LIGHT.agrees(None, "anything")
    nobodys, real = (extract_parameters(one) for one in (LIGHT._nobodys(), LIGHT.hashed("x")))
    assert nobodys == real


def test_a_hash_of_weaker_parameters_is_outdated() -> None:
    assert Hasher().is_outdated(LIGHT.hashed("x"))
    assert not LIGHT.is_outdated(LIGHT.hashed("x"))


@pytest.mark.requirement("CG-19f")
@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kurz und gut", None),
        ("elf signs??", "at least 12 signs"),
        ("x9" * 65, "at most 128 signs"),
        ("password1234", "easily guessed"),
        ("qwertyuiop12", "easily guessed"),
        ("123456789012", "easily guessed"),
        ("aaaaaaaaaaaaaa", "easily guessed"),
        ("paperproof2026", "easily guessed"),
        ("我是李静，今天下雨了，带上伞。", "easily guessed"),
    ],
)
def test_easily_guessed_passwords_are_refused(password: str, why: str | None) -> None:
    if why is None:
        assert checked_password(password, "李静", RULES) == password
    else:
        with pytest.raises(UserError, match=why):
            checked_password(password, "李静", RULES)


def test_one_time_passwords_differ_and_have_no_sign_taken_for_another() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"([^\W01OIlBGS258_]{5}-){3}[^\W01OIlBGS258_]{5}", one) for one in made)
    assert all(checked_password(one, "李静", RULES) for one in made)

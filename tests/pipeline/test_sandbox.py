"""What the sandbox lets out: pages as they are, and of anything hostile a reason and no more."""

import ctypes.util
import os
from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.decode import decode
from pipeline.errors import PageRefused
from pipeline.kinds import DecodeLimits
from pipeline.refusals import Refusal, Why
from pipeline.sandbox import Sandbox

from .boxes import claim, png, taken_over, tiff


@pytest.fixture(scope="module")
def hostile() -> Iterator[Sandbox]:
    with taken_over() as opened:
        yield opened


def why(box: Sandbox, job: str) -> Why:
    with pytest.raises(Refusal) as caught:
        box.run(job, b"page", name="3301-0001.png")
    assert "3301-0001.png" in str(caught.value)
    assert caught.value.check == "Q01"
    return caught.value.why


def test_a_page_comes_out_as_it_would_without_the_box(box: Sandbox) -> None:
    inside, outside = box.decode(png()), decode(png(), DecodeLimits())
    assert np.array_equal(inside.pixels, outside.pixels)
    assert (inside.format, inside.colour_mode, inside.dpi) == ("PNG", "colour", (300.0, 300.0))
    assert inside.pixels.flags.writeable


def test_containers_are_split_page_by_page(box: Sandbox) -> None:
    pages = box.split(tiff(3), "batch.tif")
    assert [box.decode(page.content).pixels[0, 0, 0] for page in pages] == [0, 1, 2]
    [alone] = box.split(tiff(1), "one.tif")
    assert alone.content == tiff(1)
    [image] = box.split(png(), "misnamed.tif")
    assert (image.content, image.suffix) == (png(), ".png")


def test_a_refusal_inside_is_told_outside_with_the_name_of_the_file(box: Sandbox) -> None:
    with pytest.raises(PageRefused, match=r"^a\.png is damaged or cut short"):
        box.decode(png()[:-20], "a.png")
    with pytest.raises(PageRefused, match=r"^a\.jpg is a text and not a scanned page"):
        box.split(b"a text with another name", "a.jpg")


def test_pages_that_come_to_too_much_together_are_refused() -> None:
    with Sandbox(DecodeLimits(max_split_bytes=200)) as box, pytest.raises(Refusal) as caught:
        box.split(tiff(3), "batch.tif")
    assert caught.value.why is Why.TOO_MUCH_TOGETHER


def test_walls_are_tried_out_before_they_are_claimed(box: Sandbox) -> None:
    assert box.protection.user == (os.geteuid() == 0)
    assert box.protection.system_calls == bool(ctypes.util.find_library("seccomp"))


@pytest.mark.parametrize(
    "attempt", ["read", "list", "write", "fork", "signal", "become_root", "input"]
)
def test_a_decoder_that_was_taken_over_reaches_nothing(hostile: Sandbox, attempt: str) -> None:
    if not hostile.protection.system_calls:
        pytest.skip("this machine has no libseccomp")
    assert hostile.run(attempt, b"page")[0]["stopped"] == "PermissionError"


@pytest.mark.parametrize("attempt", ["socket", "exec"])
def test_what_only_an_attack_does_ends_it(hostile: Sandbox, attempt: str) -> None:
    if not hostile.protection.system_calls:
        pytest.skip("this machine has no libseccomp")
    assert why(hostile, attempt) is Why.FORBIDDEN


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ("grow", Why.MEMORY),
        ("grow_and_die", Why.MEMORY),
        ("spin", Why.CPU_TIME),
        ("die", Why.CRASHED),
        ("leave", Why.CRASHED),
    ],
)
def test_a_page_that_costs_too_much_or_fails_is_named(
    hostile: Sandbox, job: str, reason: Why
) -> None:
    assert why(hostile, job) is reason
    assert hostile.decode(claim()).pixels.shape == (2, 2, 3)


def test_the_wall_limit_ends_a_page_that_waits() -> None:
    with taken_over(limits=DecodeLimits(wall_seconds=0.2)) as box:
        assert why(box, "sleep") is Why.WALL_TIME


def test_a_result_larger_than_allowed_is_not_taken() -> None:
    with taken_over(limits=DecodeLimits(max_result_bytes=2**20)) as box:
        assert why(box, "fill") is Why.CRASHED


@pytest.mark.parametrize(
    "job",
    [
        *("nonsense", "long", "list_answer", "unknown_reason"),
        *("own_words", "text_for_number", "missing_number", "deep"),
    ],
)
def test_nonsense_that_comes_back_refuses_the_page(hostile: Sandbox, job: str) -> None:
    assert why(hostile, job) is Why.CRASHED


@pytest.mark.parametrize(
    "lie",
    [
        {"height": 3},
        {"height": -2, "width": -2},
        {"height": True, "width": 4},
        {"height": "2"},
        {"height": 10**9, "width": 10**9},
        {"format": "PDF"},
        {"format": "<b>"},
        {"format": ["PNG"]},
        {"colour_mode": "blue"},
        {"dpi": [300]},
        {"dpi": [300, float("nan")]},
        {"dpi": [300, 10**400]},
        {"dpi": 7},
    ],
)
def test_a_page_that_lies_about_itself_is_refused(hostile: Sandbox, lie: dict[str, object]) -> None:
    with pytest.raises(Refusal) as caught:
        hostile.decode(claim(**lie))
    assert caught.value.why is Why.CRASHED


@pytest.mark.parametrize(
    "lie",
    [
        {"packing": "LZWDecode"},
        {"packing": ["DCTDecode"]},
        {"width": 0},
        {"width": 10**6, "height": 10**6},
        {"channels": 4},
        {"bits": 16},
        {"orientation": 9},
        {"orientation": "1 0 0 1 0 0 cm"},
        {"dpi": [300, float("inf")]},
    ],
)
def test_a_picture_that_lies_about_itself_is_refused(
    hostile: Sandbox, lie: dict[str, object]
) -> None:
    honest = {"packing": "FlateDecode", "channels": 3, "bits": 8, "orientation": 1}
    assert hostile.picture(claim(**honest)).width == 2
    with pytest.raises(Refusal) as caught:
        hostile.picture(claim(**{**honest, **lie}))
    assert caught.value.why is Why.CRASHED


def test_a_container_that_lies_about_its_pages_is_refused(hostile: Sandbox) -> None:
    with pytest.raises(Refusal) as caught:
        hostile.split(tiff(2), "batch.tif")
    assert caught.value.why is Why.CRASHED

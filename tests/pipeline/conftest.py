"""A sandbox for the tests of a module."""

from collections.abc import Iterator

import pytest

from pipeline.sandbox import Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened

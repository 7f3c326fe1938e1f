"""Two nodes take in the same batch at the same time: each page comes in once, and the loser tells so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline.errors import PaperproofError, UserError
from tests.faults.acts import finish, taking_in
from tests.faults.killing import Worlds
from tests.faults.looking import look
from tests.faults.procedures import PROCEDURES
from tests.faults.world import World

pytestmark = pytest.mark.slow
_FORK = get_context("fork")
_INBOX = next(one for one in PROCEDURES if one.name == "take in an inbox")


@pytest.fixture
def world(worlds: Worlds, tmp_path: Path) -> World:
    return worlds.due(_INBOX, 1, tmp_path / "world")


def node(world: World, pipe: Connection, waits_at: str) -> None:
    """Take the batch in, in a process of its own; wait at a step until told to go on; tell the end."""
    waited: list[str] = []

    def at(step: str) -> None:
        if step == waits_at and not waited:
            waited.append(step)
            pipe.send(step)
            pipe.recv()

    try:
        with world.open(at) as (parts, stores):
            at("begun")
            taking_in(world, parts, stores, at)
        pipe.send("done")
    except PaperproofError as error:
        pipe.send(f"{type(error).__name__}: {error.message.in_language('en')}")


class Node:
    """A node, and the line to it."""

    def __init__(self, world: World, waits_at: str, work: Callable[..., None] = node) -> None:
        self.line, theirs = _FORK.Pipe()
        self._process = _FORK.Process(target=work, args=(world, theirs, waits_at))
        self._process.start()

    def ended(self) -> str:
        told = str(self.line.recv())
        self._process.join()
        return told


def must_be_whole(world: World) -> None:
    with world.open() as (parts, stores):
        taking_in(world, parts, stores, lambda _: None)
        finish(world, parts, stores)
    broken = look(world)
    assert broken.kept, broken.told


@pytest.mark.parametrize("step", ["begun", "claimed", "replica_put", "receipt", "entered"])
def test_the_second_node_is_told_that_the_first_is_at_it(world: World, step: str) -> None:
    first = Node(world, step)
    assert first.line.recv() == step
    second = Node(world, "")
    if step == "begun":  # before it has the batch: the other one gets it
        assert second.ended() == "done"
    else:
        assert second.ended().startswith(
            f"{UserError.__name__}: Batch batch-01 of branch 3301 is being"
        )
    first.line.send("go on")
    assert first.ended() == "done"
    must_be_whole(world)


def lockless(world: World, pipe: Connection, waits_at: str) -> None:
    """A node on another machine, which the lock's file does not reach."""
    with patch("flows.take_in._alone", lambda *_: nullcontext()):
        node(world, pipe, waits_at)


@pytest.mark.parametrize("number", range(5))
def test_nodes_that_no_lock_keeps_apart_enter_each_page_once(world: World, number: int) -> None:
    """Then it is the catalog's transactions and the names by content that keep pages single."""
    nodes = [Node(world, "begun", lockless) for _ in range(2)]
    for one in nodes:
        assert one.line.recv() == "begun"
    for one in nodes:
        one.line.send("go")
    assert "done" in [one.ended() for one in nodes]
    must_be_whole(world)

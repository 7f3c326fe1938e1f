"""People at work with the site: each asks for the next thing of their round, looks at it, and goes on."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException

LOOKS_SECONDS = 2.0
"""How long somebody looks at an answer, on average; a station asks for news as often by itself."""
AFTER = "{after}"
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Round:
    """What one person asks for again and again."""

    cookie: str
    asked: tuple[tuple[str, str], ...]
    """(name of what it is, path), in their order.

    ``AFTER`` in a path stands for the last place in a batch that the station's page was told of; one that was
    just opened was told of none.
    """


@dataclass(frozen=True)
class Answer:
    """One answer."""

    name: str
    seconds: float
    """Until the last byte."""
    status: int
    """0: none came."""
    body: bytes = b""
    at: float = 0.0
    """Seconds since people began when it was asked for."""


@dataclass
class Visitors:
    """People who ask at the same time, each over a connection of their own."""

    port: int
    answers: list[Answer] = field(default_factory=list)

    def work(self, rounds: Sequence[Round], seconds: float, seed: int) -> list[Answer]:
        """Let each go their round for ``seconds``; return every answer."""
        begun = time.monotonic()
        people = [
            threading.Thread(
                target=self._go, args=(one, begun, seconds, random.Random(seed + number))
            )
            for number, one in enumerate(rounds)
        ]
        for person in people:
            person.start()
        for person in people:
            person.join()
        return self.answers

    def _go(self, one: Round, begun: float, seconds: float, chance: random.Random) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_SECONDS)
        place, last = chance.randrange(len(one.asked)), 0
        time.sleep(chance.random() * LOOKS_SECONDS)
        while (at := time.monotonic() - begun) < seconds:
            name, path = one.asked[place]
            answer = ask(connection, one.cookie, name, path.replace(AFTER, str(last)))
            last = _last_place(answer, last) if AFTER in path else 0
            self.answers.append(replace(answer, body=b"", at=at))
            place = (place + 1) % len(one.asked)
            time.sleep(chance.expovariate(1 / LOOKS_SECONDS))
        connection.close()


def work(port: int, rounds: Sequence[Round], seconds: float, seed: int) -> list[Answer]:
    """Let people work, in a process of their own; return every answer."""
    return Visitors(port).work(rounds, seconds, seed)


def ask(connection: HTTPConnection, cookie: str, name: str, path: str) -> Answer:
    """Ask once."""
    begun = time.perf_counter()
    status, body = _answer(connection, cookie, path)
    if status == 0:  # the site closed an idle connection; browsers open another one too
        status, body = _answer(connection, cookie, path)
    return Answer(name, time.perf_counter() - begun, status, body)


def _answer(connection: HTTPConnection, cookie: str, path: str) -> tuple[int, bytes]:
    try:
        connection.request("GET", path, headers={"cookie": cookie})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        connection.close()
        return 0, b""


def _last_place(answer: Answer, known: int) -> int:
    """The last place in the batch after an answer of news."""
    pages = json.loads(answer.body)["pages"] if answer.status == 200 else ()
    return max((int(one["place"]) for one in pages), default=known)

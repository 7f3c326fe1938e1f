"""A sandbox server whose jobs do what a decoder does that an attacker has taken over; run by path."""

import ctypes
import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from pipeline.sandbox_server import JOBS, serve

Told = tuple[dict[str, Any], bytes]


def tried(attempt: Callable[[], object]) -> Callable[..., Told]:
    def job(*_: object) -> Told:
        try:
            attempt()
        except (OSError, ValueError) as fault:
            return {"stopped": type(fault).__name__}, b""
        return {"stopped": None}, b""

    return job


def grow() -> NoReturn:
    grown = bytearray()
    while True:
        grown += bytes(2**20)


def grow_and_die(*_: object) -> NoReturn:
    try:
        grow()
    except MemoryError:
        os.abort()


def spin(*_: object) -> NoReturn:
    while True:
        pass


def says(told: str) -> Callable[..., Told]:
    return lambda *_: (json.loads(told), b"")


def writes(raw: bytes) -> Callable[..., NoReturn]:
    def job(*_: object) -> NoReturn:
        os.write(4, raw)
        os._exit(0)

    return job


def fill(*_: object) -> Told:
    return {}, bytes(5 * 2**20)


TAKEN_OVER: dict[str, Callable[..., Any]] = {
    "read": tried(lambda: os.open("/etc/passwd", os.O_RDONLY)),
    "list": tried(lambda: os.scandir("/")),
    "write": tried(lambda: os.open("/tmp/escaped", os.O_WRONLY | os.O_CREAT)),
    "fork": tried(os.fork),
    "signal": tried(lambda: os.kill(os.getppid(), signal.SIGKILL)),
    "become_root": tried(lambda: os.setresuid(0, 0, 0)),
    "input": tried(lambda: os.pwrite(3, b"altered", 0)),
    "socket": tried(lambda: socket.socket(socket.AF_INET)),
    "exec": tried(lambda: os.execv("/bin/true", ["true"])),
    "grow": lambda *_: grow(),
    "grow_and_die": grow_and_die,
    "spin": spin,
    "sleep": lambda *_: time.sleep(30),
    "fill": fill,
    "die": lambda *_: ctypes.string_at(0),
    "leave": lambda *_: os._exit(0),
    "nonsense": writes(b"nonsense"),
    "long": writes(struct.pack(">I", 2**31) + b"{}"),
    "list_answer": says("[]"),
    "unknown_reason": says('{"refused": "bribe", "numbers": {}}'),
    "own_words": says('{"refused": "damaged", "numbers": {"name": "<script>"}}'),
    "text_for_number": says('{"refused": "memory", "numbers": {"limit": "%s"}}'),
    "missing_number": says('{"refused": "memory", "numbers": {}}'),
    "deep": writes(struct.pack(">I", 60000) + b"[" * 60000),
    "decode": lambda content, *_: (json.loads(content[8:]), bytes(12)),
    "picture": lambda content, *_: (json.loads(content[8:]), bytes(12)),
    "count": says('{"pages": 1000000}'),
}

with socket.socket(fileno=int(sys.argv[1])) as channel:
    serve(channel, {**JOBS, **TAKEN_OVER})

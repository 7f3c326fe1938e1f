"""What comes back from the sandbox is untrusted: its end, its length, its shape, its every word.

A decoder that was taken over can write any result. So numbers are checked against the limits,
words against lists, and a refusal brings a reason of ours, never a sentence of its own.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import math
import mmap
import os
import signal
import struct
import time
from collections.abc import Iterator, Mapping
from typing import IO, Any

from pipeline.kinds import DecodeLimits
from pipeline.language import Message
from pipeline.refusals import Refusal, Why

_HEADER_BYTES = 65536
_NEAR_LIMIT = 0.8
_MAX_DPI = 1e6
_SEAL_SECONDS = 5.0
_NONSENSE = (
    *(LookupError, ArithmeticError, ValueError, TypeError, AttributeError),
    *(RecursionError, struct.error, PermissionError, BlockingIOError),
)
SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
"""Of a memory file that nobody may change any more, not even its maker."""


def require_good_end(
    outcome: Mapping[str, Any], limits: DecodeLimits, name: str | Message | None
) -> None:
    """Raise what an operator should know of a job that did not end by itself."""
    if outcome["stopped_by"] == "wall":
        raise Refusal(Why.WALL_TIME, name, limit=round(limits.wall_seconds))
    code = os.waitstatus_to_exitcode(outcome["status"])
    if code == -signal.SIGXCPU or (code < 0 and outcome["cpu_seconds"] >= limits.cpu_seconds):
        raise Refusal(Why.CPU_TIME, name, limit=limits.cpu_seconds)
    if code == -signal.SIGSYS:
        raise Refusal(Why.FORBIDDEN, name)
    if code and outcome["peak_bytes"] >= _NEAR_LIMIT * limits.memory_bytes:
        raise Refusal(Why.MEMORY, name, limit=limits.memory_bytes // 2**20)
    if code:
        raise Refusal(Why.CRASHED, name)


def take_result(
    target: IO[bytes], limits: DecodeLimits, name: str | Message | None
) -> tuple[dict[str, Any], memoryview]:
    """Return a job's result where it lies in the memory file, sealed, and take nothing in it on trust."""
    with distrust(name):
        _seal(target)
        size = os.fstat(target.fileno()).st_size
        require(4 <= size <= limits.max_result_bytes)
        (length,) = struct.unpack(">I", os.pread(target.fileno(), 4, 0))
        require(length <= min(_HEADER_BYTES, size - 4))
        told = json.loads(os.pread(target.fileno(), length, 4))
        require(isinstance(told, dict))
        # not copied: 26 MB of an A4 page would cost 10 ms more
        raw = memoryview(mmap.mmap(target.fileno(), size, access=mmap.ACCESS_COPY))[4 + length :]
        if "refused" in told:
            numbers = told["numbers"]
            require(all(type(number) is int for number in numbers.values()))
            refusal = Refusal(Why(told["refused"]), name, **numbers)
            str(refusal)  # its sentence has the places that the numbers fill
            raise refusal
        return told, raw


def _seal(target: IO[bytes]) -> None:
    """Take from everybody the right to write to ``target``; ``BlockingIOError`` while anybody still can.

    The system says so (EBUSY) for a moment of an honest page too, whose memory it is just moving
    about on a busy machine; so the answer is asked for again until ``_SEAL_SECONDS`` are over.
    """
    give_up = time.monotonic() + _SEAL_SECONDS
    while True:
        try:
            fcntl.fcntl(target, fcntl.F_ADD_SEALS, SEALS)
        except OSError as fault:
            if fault.errno != errno.EBUSY:
                raise
            if time.monotonic() > give_up:
                raise BlockingIOError from fault
            time.sleep(0.02)
        else:
            return


def dpi_of(told: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the dpi that a decoding job tells, if it is a pair of numbers that dpi can be."""
    if told["dpi"] is None:
        return None
    across, down = (float(number) for number in told["dpi"])
    require(all(math.isfinite(number) and 0 < number < _MAX_DPI for number in (across, down)))
    return across, down


def require(holds: bool) -> None:
    """Stop at a result that is not what its job can have made; for use within ``distrust``."""
    if not holds:
        raise ValueError


@contextlib.contextmanager
def distrust(name: str | Message | None) -> Iterator[None]:
    """Turn any nonsense in what came back into a refusal of the page."""
    try:
        yield
    except _NONSENSE as fault:
        raise Refusal(Why.CRASHED, name) from fault

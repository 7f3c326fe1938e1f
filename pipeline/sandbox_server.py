"""The sandbox's warm parent: ``python -m pipeline.sandbox_server FD`` forks one child for each job.

It is single-threaded, knows no secrets, opens no untrusted byte itself and ends when the other
end of its socket closes. A job's input and output are memory files passed with the request, so
that the child needs no file system at all.

Result layout: 4 bytes big-endian length of a JSON header, the header, then raw bytes. Either
``{"refused": why, "numbers": {...}}`` or what the job says of its raw bytes.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipeline.confinement import Confinement, Protection
from pipeline.decode import decode
from pipeline.kinds import DecodeLimits
from pipeline.media import recognised
from pipeline.refusals import Refusal, Why
from pipeline.searchable.picture import page_picture
from pipeline.split import count_pages, cut_page

Job = Callable[[bytes, int, DecodeLimits], tuple[dict[str, Any], bytes | memoryview]]
"""content, argument, limits -> what to say of the result, and its raw bytes."""
REQUEST_BYTES = 4096
_WALL, _ENDED = "wall", "ended"
_FOUND_USER, _FOUND_FILTER = 1, 2
_CODECS = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "cp1252", "idna")


def _count(content: bytes, _: int, limits: DecodeLimits) -> tuple[dict[str, Any], bytes]:
    return {"pages": count_pages(content, limits)}, b""


def _cut(content: bytes, page_no: int, limits: DecodeLimits) -> tuple[dict[str, Any], bytes]:
    page = cut_page(content, page_no, limits)
    return {"suffix": page.suffix}, page.content


def _decode(content: bytes, _: int, limits: DecodeLimits) -> tuple[dict[str, Any], memoryview]:
    page = decode(content, limits)
    height, width, _channels = page.pixels.shape
    told = {"format": page.format, "colour_mode": page.colour_mode, "dpi": page.dpi}
    return told | {"height": height, "width": width}, page.pixels.reshape(-1).data


def _picture(content: bytes, _: int, limits: DecodeLimits) -> tuple[dict[str, Any], bytes]:
    picture = page_picture(content, limits)
    told = {name: value for name, value in vars(picture).items() if name != "packed"}
    return told, b"" if picture.as_it_came else picture.packed


def _media(content: bytes, _: int, __: DecodeLimits) -> tuple[dict[str, Any], bytes]:
    return {"format": recognised(content) or ""}, b""


JOBS: Mapping[str, Job] = {
    "count": _count,
    "cut": _cut,
    "decode": _decode,
    "picture": _picture,
    "media": _media,
}


@dataclass(frozen=True)
class Outcome:
    """How a job's process ended: wait status, and what it used."""

    status: int
    """As ``os.wait4`` gives it."""
    stopped_by: str
    """"wall" when the backstop struck, else "ended"."""
    cpu_seconds: float
    peak_bytes: int


def serve(owner: socket.socket, jobs: Mapping[str, Job]) -> None:
    """Answer requests on ``owner`` until it closes, one job at a time."""
    _warm_up()
    owner.send(json.dumps(asdict(_try_walls())).encode())
    confinements: dict[DecodeLimits, Confinement] = {}
    while True:
        request, descriptors, _, _ = socket.recv_fds(owner, REQUEST_BYTES, 2)
        if not request:
            return
        asked = json.loads(request)
        limits = DecodeLimits(**asked["limits"])
        confinement = confinements.setdefault(limits, Confinement(limits))
        source, target = descriptors
        child = _fork(lambda: _run(jobs[asked["job"]], asked, confinement, source, target))  # noqa: B023
        for descriptor in descriptors:
            os.close(descriptor)
        owner.send(json.dumps(asdict(_watch(child, owner, limits.wall_seconds))).encode())


def _fork(inside: Callable[[], int]) -> int:
    """Run ``inside`` in a child that never comes back; its return value is the exit status."""
    child = os.fork()
    if child:
        return child
    status = 1
    with contextlib.suppress(BaseException):
        status = inside()
    os._exit(status)


def _run(
    job: Job, asked: Mapping[str, Any], confinement: Confinement, source: int, target: int
) -> int:
    os.dup2(1, 2)  # decoders mutter on standard error
    confinement.enter(source, target)
    limits = confinement.limits
    raw: bytes | memoryview = b""
    try:
        content = os.pread(source, limits.max_bytes, 0)
        told, raw = job(content, asked["argument"], limits)
    except Refusal as refusal:
        told = {"refused": refusal.why, "numbers": refusal.numbers}
    except MemoryError:
        told = {"refused": Why.MEMORY, "numbers": {"limit": limits.memory_bytes // 2**20}}
    except Exception:
        told = {"refused": Why.DAMAGED, "numbers": {}}
    header = json.dumps(told).encode()
    with os.fdopen(target, "wb", buffering=0) as result:
        for part in (struct.pack(">I", len(header)), header, memoryview(raw)):
            rest = part if isinstance(part, memoryview) else memoryview(part)
            while rest:
                rest = rest[result.write(rest) :]
    return 0


def _watch(child: int, owner: socket.socket, wall_seconds: float) -> Outcome:
    """Wait for a job; kill it at the wall limit, and with the owner when that is gone."""
    watched = select.poll()
    ended = os.pidfd_open(child)
    try:
        watched.register(ended, select.POLLIN)
        watched.register(owner, select.POLLIN)
        events = dict(watched.poll(wall_seconds * 1000))
    finally:
        os.close(ended)
    if ended not in events:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    if owner.fileno() in events:
        sys.exit(0)  # it speaks only between jobs: this is its end
    return Outcome(
        status,
        _ENDED if events else _WALL,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * 1024,
    )


def _try_walls() -> Protection:
    """Let a child run into the walls, and tell which held: what is not tried is not claimed."""
    confinement = Confinement(DecodeLimits())

    def inside() -> int:
        before = os.geteuid()
        confinement.enter()
        found = _FOUND_USER if os.geteuid() != before else 0
        try:
            os.close(os.open("/", os.O_RDONLY))
        except PermissionError:
            found |= _FOUND_FILTER
        return found

    _, status = os.waitpid(_fork(inside), 0)
    found = max(os.waitstatus_to_exitcode(status), 0)
    return Protection(user=bool(found & _FOUND_USER), system_calls=bool(found & _FOUND_FILTER))


def _warm_up() -> None:
    """Load everything that decoding loads late: inside the walls nothing can be loaded."""
    Image.init()
    for name in _CODECS:
        codecs.lookup(name)
    grey = Image.fromarray(np.full((8, 8), 200, np.uint8))
    two_pages = {"save_all": True, "append_images": [grey]}
    for kind, options in (
        ("JPEG", {}),
        ("PNG", {}),
        ("JPEG2000", {}),
        ("TIFF", two_pages),
        ("PDF", two_pages),
    ):
        made = io.BytesIO()
        grey.save(made, kind, **options)
        page = cut_page(made.getvalue(), 1, DecodeLimits())
        decode(page.content, DecodeLimits())


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        serve(channel, JOBS)

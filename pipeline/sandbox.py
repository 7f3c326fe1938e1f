"""Open untrusted page content in a box: ``with Sandbox(limits) as box: box.split(...); box.decode(...)``.

One process is forked for each page from a warm, clean server process, so that no page can poison
the next, harm the archive's process, or cost more than its limits. What comes back is untrusted
too and checked for size, shape and length before it is used.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from pipeline.confinement import Protection
from pipeline.distrust import SEALS, distrust, dpi_of, require, require_good_end, take_result
from pipeline.errors import PaperproofError
from pipeline.kinds import DecodeLimits, Kind, recognise
from pipeline.language import Message, say
from pipeline.media import HEAD, Format
from pipeline.model import ColourMode, DecodedPage, SplitPage
from pipeline.refusals import Refusal, Why
from pipeline.searchable.picture import Packing, PagePicture

_SERVER = ("-m", "pipeline.sandbox_server")
_START_SECONDS = 60.0
_ANSWER_SECONDS = 30.0  # beyond the job's own wall limit
_ANSWER_BYTES = 4096


@dataclass(frozen=True)
class JobCost:
    """What the latest job used."""

    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class _Server:
    process: subprocess.Popen[bytes]
    channel: socket.socket
    protection: Protection
    owner: int


class Sandbox:
    """Opens untrusted content under ``limits``; start it with ``with``, use it from one process.

    Threads take turns. A forked process that goes on using it gets a server of its own. The server
    dies with its owner, however that ends. ``server`` are the interpreter's arguments that start it.
    """

    def __init__(
        self, limits: DecodeLimits | None = None, server: tuple[str, ...] = _SERVER
    ) -> None:
        self.limits = limits or DecodeLimits()
        self._command = server
        self._server: _Server | None = None
        self._turn = threading.Lock()
        self.latest_cost = JobCost(0.0, 0)

    def __enter__(self) -> Self:
        self._started()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def protection(self) -> Protection:
        """Which walls stand on this machine, tried out when the server started."""
        return self._started().protection

    def split(self, content: bytes, name: str) -> list[SplitPage]:
        """Return the pages of a delivered file; one image is its own page, byte for byte.

        Raises ``Refusal``, a ``PageRefused`` (Q01), whose sentence names the file as ``name``.
        """
        kind = recognise(content, self.limits, name)
        if kind in (Kind.JPEG, Kind.PNG, Kind.JPEG2000):
            return [SplitPage(1, content, kind.suffix)]
        count = self._count(content, name)
        if kind is Kind.TIFF and count == 1:
            return [SplitPage(1, content, kind.suffix)]
        pages: list[SplitPage] = []
        room = self.limits.max_split_bytes
        for page_no in range(1, count + 1):
            pages.append(self._cut(content, page_no, name))
            room -= len(pages[-1].content)
            if room < 0:
                limit = self.limits.max_split_bytes // 2**20
                raise Refusal(Why.TOO_MUCH_TOGETHER, name, limit=limit)
        return pages

    def decode(self, content: bytes, name: str | Message | None = None) -> DecodedPage:
        """Return one page's pixels, format, colour mode and recorded dpi; see ``pipeline.decode``.

        Raises ``Refusal``, a ``PageRefused`` (Q01); ``name`` is how its sentence calls the page.
        """
        recognise(content, self.limits, name)
        told, raw = self.run("decode", content, name=name)
        with distrust(name):
            height, width = told["height"], told["width"]
            require(type(height) is int and type(width) is int and height > 0 and width > 0)
            require(height * width <= self.limits.max_pixels and len(raw) == height * width * 3)
            form = Kind(told["format"])
            require(form is not Kind.PDF)
            pixels = np.frombuffer(raw, np.uint8).reshape(height, width, 3)
            return DecodedPage(pixels, form.value, ColourMode(told["colour_mode"]), dpi_of(told))

    def picture(self, content: bytes, name: str | Message | None = None) -> PagePicture:
        """Return one page's master as a PDF shows it; see ``pipeline.searchable.picture``.

        Raises ``Refusal``, a ``PageRefused`` (Q01). What is shown as it came is ``content`` itself.
        """
        recognise(content, self.limits, name)
        told, raw = self.run("picture", content, name=name)
        with distrust(name):
            packing = Packing(told["packing"])
            sizes = [told[key] for key in ("width", "height", "channels", "bits", "orientation")]
            require(all(type(size) is int for size in sizes))
            width, height, channels, bits, orientation = sizes
            require(width > 0 and height > 0 and width * height <= self.limits.max_pixels)
            require(channels in (1, 3) and bits in (1, 8) and 1 <= orientation <= 8)
            packed = bytes(raw) if packing is Packing.PNG_ROWS else content
            return PagePicture(
                packed, packing, width, height, channels, bits, orientation, dpi_of(told)
            )

    def media(self, head: bytes, name: str | Message | None = None) -> Format | None:
        """Return the format that the first ``media.HEAD`` bytes of a born-digital file show; None: none kept.

        Nothing is decoded. Raises ``Refusal`` where even the look does not end.
        """
        told, _ = self.run("media", head[:HEAD], name=name)
        with distrust(name):
            return Format(told["format"]) if told["format"] else None

    def run(
        self, job: str, content: bytes, argument: int = 0, name: str | Message | None = None
    ) -> tuple[dict[str, Any], memoryview]:
        """Run one of the server's jobs on ``content``; return what it says, and its raw bytes.

        A server that dies under the job is started again, once; then the page is to blame.
        """
        with self._turn:
            for _ in range(2):
                try:
                    return self._run(job, content, argument, name)
                except (ConnectionError, TimeoutError):
                    self.close()
                except (Refusal, PaperproofError):
                    raise
                except (
                    BaseException
                ):  # Ctrl-C in the middle of an answer: the next would be mistaken
                    self.close()
                    raise
        raise Refusal(Why.CRASHED, name)

    def close(self) -> None:
        """Stop the server; the next use starts another."""
        server, self._server = self._server, None
        if server is None:
            return
        server.channel.close()
        if server.owner != os.getpid():
            return
        try:
            server.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()

    def _count(self, content: bytes, name: str) -> int:
        told, _ = self.run("count", content, name=name)
        with distrust(name):
            count = told["pages"]
            require(type(count) is int and 1 <= count <= self.limits.max_pages)
            return int(count)

    def _cut(self, content: bytes, page_no: int, name: str) -> SplitPage:
        told, raw = self.run("cut", content, page_no, name)
        with distrust(name):
            cut = bytes(raw)
            kind = recognise(cut, self.limits)
            require(kind is not Kind.PDF and kind.suffix == told["suffix"])
            return SplitPage(page_no, cut, kind.suffix)

    def _started(self) -> _Server:
        if self._server is None or self._server.owner != os.getpid():
            self._server = _start(self._command)
        return self._server

    def _run(
        self, job: str, content: bytes, argument: int, name: str | Message | None
    ) -> tuple[dict[str, Any], memoryview]:
        channel = self._started().channel
        request = {"job": job, "argument": argument, "limits": asdict(self.limits)}
        with _memory("page") as source, _memory("result") as target:
            source.write(content)
            source.flush()
            fcntl.fcntl(source, fcntl.F_ADD_SEALS, SEALS)
            channel.settimeout(self.limits.wall_seconds + _ANSWER_SECONDS)
            descriptors = [source.fileno(), target.fileno()]
            socket.send_fds(channel, [json.dumps(request).encode()], descriptors)
            answer = channel.recv(_ANSWER_BYTES)
            if not answer:
                raise ConnectionResetError
            outcome = json.loads(answer)
            self.latest_cost = JobCost(outcome["cpu_seconds"], outcome["peak_bytes"])
            require_good_end(outcome, self.limits, name)
            return take_result(target, self.limits, name)


def _start(command: tuple[str, ...]) -> _Server:
    """Start a server in a clean environment; wait until it is warm and has tried its walls."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [sys.executable, "-P", "-s", *command, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            cwd="/",
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
                "OPENBLAS_NUM_THREADS": "1",  # a process that forks has one thread
                "LC_ALL": "C.UTF-8",
                "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            },
            start_new_session=True,  # Ctrl-C is the owner's to handle
        )
        theirs.close()
        ours.settimeout(_START_SECONDS)
        try:
            protection = Protection(**json.loads(ours.recv(_ANSWER_BYTES)))
        except (OSError, ValueError, TypeError) as fault:
            ours.close()
            process.kill()
            process.wait()
            complaints.seek(0)
            told = complaints.read()[-500:].decode(errors="replace").strip()
            raise PaperproofError(
                say(
                    "The sandbox for opening pages did not start; run script/bootstrap again "
                    "or show IT this: {complaint}",
                    complaint=told,
                )
            ) from fault
    return _Server(process, ours, protection, os.getpid())


def _memory(label: str) -> IO[bytes]:
    return os.fdopen(os.memfd_create(label, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")

"""Scanners that SANE drives, through ``scanimage``: which there are, and pages from one of them.

Names of devices come from the network too (mDNS, SNMP), so they are hostile: one argument of a list, never
a shell's, and only one that was listed is opened. Pictures are not looked at here; they are opened in
the sandbox like any other scan.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ingest.scanner_options import Option, Wanted, asked_of, read_options
from pipeline.errors import PaperproofError, Unavailable, UserError
from pipeline.language import Message, say

_PART = "\x1f"
_FORMAT = _PART.join(("%d", "%v", "%m", "%t")) + "%n"
_LONGEST = 200
_TO_END_SECONDS = 5
"""A device is given so long to bring its carriage home before the program is killed."""
_LOOK_SECONDS = 0.2
_MOST_TOLD = 1 << 20


@dataclass(frozen=True)
class Device:
    """A scanner as the system names it."""

    name: str
    vendor: str
    model: str
    kind: str


@dataclass(frozen=True)
class Scanimage:
    """The program, and how long it may take."""

    surroundings: Mapping[str, str]
    """Its environment; messages must be in English (LC_ALL=C), they are read."""
    list_seconds: float = 30
    page_seconds: float = 60
    """So long a device may give no page before it counts as hanging."""
    command: tuple[str, ...] = field(default=("scanimage",))

    def devices(self) -> tuple[Device, ...]:
        """List the scanners that can be reached now; raises PaperproofError when that cannot be told."""
        told = self._answer("--formatted-device-list", _FORMAT)
        return tuple(_devices(told))

    def require(self, name: str) -> Device:
        """Return a listed device; raises UserError when none has that name."""
        for one in self.devices():
            if one.name == name:
                return one
        raise UserError(
            say(
                "There is no scanner {device} now; switch it on, see “paperproof station devices”.",
                device=name[:_LONGEST],
            )
        )

    def options(self, device: Device) -> dict[str, Option]:
        """Tell what a device can do; raises PaperproofError when it cannot be opened."""
        return read_options(self._answer(f"--device-name={device.name}", "--all-options"))

    def scan(
        self,
        device: Device,
        wanted: Wanted,
        file_format: str,
        into: Path,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Generator[Path]:
        """Yield the file of each page as soon as it is whole; from the feeder until that is empty.

        Files lie in ``into`` under passing names. Raises PaperproofError in one sentence when the device
        fails; pages that were given before stay good.
        """
        one_page = () if wanted.feeder or wanted.duplex else ("--batch-count=1",)
        arguments = (
            f"--device-name={device.name}",
            f"--format={file_format}",
            *asked_of(device.name, self.options(device), wanted),
            f"--batch={into}/%d",
            "--batch-print",
            *one_page,
        )
        given = 0
        with tempfile.TemporaryFile() as told, self._running(arguments, told) as running:
            for path in self._pages(device, running, stopped, into):
                given += 1
                yield path
            code = running.wait()
            if stopped():
                return
            told.seek(0)
            if code or not given:
                raise _failed(device, _status(code, told.read(_MOST_TOLD)), given)

    def _pages(
        self,
        device: Device,
        running: subprocess.Popen[bytes],
        stopped: Callable[[], bool],
        into: Path,
    ) -> Iterator[Path]:
        """Follow the names that the program prints, one line for each whole page."""
        assert running.stdout
        given, rest, waited = 0, b"", 0.0
        with selectors.DefaultSelector() as ready:
            ready.register(running.stdout, selectors.EVENT_READ)
            while not stopped():
                if not ready.select(_LOOK_SECONDS):
                    waited += _LOOK_SECONDS  # no clock: a machine that slept did not wait
                    if waited > self.page_seconds:
                        raise _hangs(device, given)
                    continue
                block = os.read(running.stdout.fileno(), 1 << 12)
                if not block:
                    return
                *lines, rest = (rest + block).split(b"\n")
                for _ in lines:  # the names are ours, and counted
                    given += 1
                    yield into / str(given)
                waited = 0.0

    @contextmanager
    def _running(
        self, arguments: tuple[str, ...], told: IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run the program until the block is left; a device is asked to stop before it is made to."""
        running = self._started(arguments, told)
        try:
            yield running
        finally:
            if running.poll() is None:
                running.terminate()
                try:
                    running.wait(_TO_END_SECONDS)
                except subprocess.TimeoutExpired:
                    running.kill()
                    running.wait()
            if running.stdout:
                running.stdout.close()

    def _started(self, arguments: tuple[str, ...], told: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                (*self.command, *arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=told,
                env=dict(self.surroundings),
            )
        except OSError as error:
            raise UserError(
                say("There is no scanimage on this machine; install it (sane-utils).")
            ) from error

    def _answer(self, *arguments: str) -> str:
        """Return what the program tells; raises PaperproofError when it fails or takes too long."""
        with tempfile.TemporaryFile() as told, self._running(arguments, told) as running:
            try:
                answer, _ = running.communicate(timeout=self.list_seconds)
            except subprocess.TimeoutExpired as error:
                raise Unavailable(
                    say("The scanners do not answer; switch them off and on, then try again.")
                ) from error
            told.seek(0)
            why = told.read(_MOST_TOLD)
        if running.returncode and b"no SANE devices found" not in why:
            raise PaperproofError(_SENTENCES[_status(running.returncode, why)])
        return answer.decode("utf-8", "replace")


def _devices(told: str) -> Iterator[Device]:
    """Read the list; what is no plain line of four parts is no device that we would open."""
    for line in told.split("\n"):
        parts = line.split(_PART)
        if len(parts) == 4 and all(map(str.isprintable, parts)) and 0 < len(parts[0]) <= _LONGEST:
            yield Device(*parts)


_UNKNOWN = "unknown"
_STATUSES = (
    ("Device busy", 3),
    ("Document feeder jammed", 6),
    ("Document feeder out of documents", 7),
    ("Scanner cover is open", 8),
    ("Error during device I/O", 9),
    ("Out of memory", 10),
    ("Access to resource has been denied", 11),
)
"""What sane_strstatus says, and its number, which is the exit code of a batch (SANE standard 1.06, 4.2.7)."""
_SENTENCES: Mapping[str, Message] = {
    "Device busy": say("Another program uses the scanner; wait until it ends, then try again."),
    "Document feeder jammed": say("Paper is jammed in the scanner; clear it, then go on."),
    "Document feeder out of documents": say(
        "The scanner's feeder holds no paper; put some in, then try again."
    ),
    "Scanner cover is open": say("The scanner's cover is open; close it, then try again."),
    "Error during device I/O": say(
        "The scanner fails; switch it off and on, look at its cable, then try again."
    ),
    "Out of memory": say("The scanner has no memory left; switch it off and on, then try again."),
    "Access to resource has been denied": say(
        "This account may not use the scanner; ask IT for the right (group “scanner”)."
    ),
    _UNKNOWN: say("The scanner cannot be used as asked; switch it off and on, then try again."),
}


def _status(code: int, told: bytes) -> str:
    """Tell why the program ended: by its last words, else by its exit code."""
    words = told.decode("utf-8", "replace")
    return next(
        (status for status, number in _STATUSES if status in words or number == code), _UNKNOWN
    )


def _failed(device: Device, status: str, given: int) -> PaperproofError:
    why = _SENTENCES[status]
    if not given:
        return PaperproofError(why)
    return PaperproofError(
        say(
            "{device} gave {given} pages, which are in, and then no more: {why}",
            device=device.name,
            given=given,
            why=why,
        )
    )


def _hangs(device: Device, given: int) -> PaperproofError:
    return Unavailable(
        say(
            "{device} does not answer any more; {given} pages came before and are in. Switch it off and "
            "on, then scan the rest.",
            device=device.name,
            given=given,
        )
    )

"""The line to headquarters: its API, asked with a machine's token; what is wrong with it is one sentence."""

from __future__ import annotations

import gc
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import httpx

from flows.agent.ledger import Entry
from flows.store_settings import LOOPBACK
from pipeline.errors import Unavailable, UserError
from pipeline.language import Message, say
from pipeline.sending import Standing

_SECONDS = httpx.Timeout(30.0, connect=15.0)
"""A piece of the least size takes 4 seconds at 32 kbit/s."""


class NoLine(Unavailable):
    """Headquarters cannot be reached, or takes nothing now; ``seconds``: for so long it is left alone."""

    def __init__(self, message: Message, seconds: float = 0) -> None:
        super().__init__(message)
        self.seconds = seconds


class NotTaken(UserError):
    """Headquarters does not take a file as it was sent."""


@dataclass(frozen=True)
class Told:
    """What headquarters says of a file."""

    standing: Standing
    received: int = 0
    reasons: tuple[str, ...] = ()
    """Why pages of it are refused."""


@dataclass(frozen=True)
class Debt:
    """What a station still has to send."""

    files: int
    byte_count: int
    oldest_seconds: float
    refused: int


@dataclass(frozen=True)
class Clock:
    """Headquarters' time, and whether another agent reports under the station's name."""

    now: datetime
    shared: bool


class Line(Protocol):
    """What an agent asks of headquarters; each raises NoLine or NotTaken."""

    def standing(self, entry: Entry) -> Told:
        """How far a file is."""
        ...

    def piece(self, entry: Entry, offset: int, content: bytes) -> Told:
        """Send a piece of a file."""
        ...

    def report(self, branch: str, station: str, agent: str, debt: Debt) -> Clock:
        """Tell what waits here."""
        ...


@dataclass(frozen=True)
class HttpLine:
    """The API over HTTPS; plain HTTP to this very machine only."""

    server: str
    token_file: Path
    client: httpx.Client
    version: str = ""
    clock: Callable[[], datetime] = field(default=lambda: datetime.now().astimezone())

    @classmethod
    def to(
        cls, server: str, token_file: Path, ca: Path | None, version: str, lang: str = "zh"
    ) -> HttpLine:
        """Make a line on which headquarters gives its reasons in ``lang``.

        Raises UserError for an address in the open or a file that cannot be read.
        """
        parts = urlsplit(server)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise UserError(
                say(
                    "{server} would carry customers' papers in the open; name an address that begins "
                    "with https://.",
                    server=server,
                )
            )
        try:
            trusted = ssl.create_default_context(cafile=ca)
        except (OSError, ssl.SSLError) as error:
            raise UserError(
                say("{path} holds no certificates (PEM) that can be read; check it.", path=ca)
            ) from error
        speaks = {"accept-language": lang}
        client = httpx.Client(
            verify=trusted, timeout=_SECONDS, follow_redirects=False, headers=speaks
        )
        return cls(server.rstrip("/"), token_file, client, version)

    def standing(self, entry: Entry) -> Told:
        """Ask how far a file is."""
        return _told(self._ask("GET", _path_of(entry), params={"name": entry.name}))

    def piece(self, entry: Entry, offset: int, content: bytes) -> Told:
        """Send a piece."""
        answer = self._ask(
            "PUT",
            f"{_path_of(entry)}/pieces/{offset}",
            params={"name": entry.name, "size": str(entry.byte_count)},
            content=content,
            headers={"content-type": "application/octet-stream"},
        )
        # Request and answer hold one another, and with them the piece; garbage is looked for so seldom that
        # 600 files stayed in memory (400 MB). The youngest alone are looked at: it costs nothing.
        gc.collect(0)
        return _told(answer)

    def report(self, branch: str, station: str, agent: str, debt: Debt) -> Clock:
        """Tell what waits here, and what this station's clock shows."""
        told = self._ask(
            "POST",
            f"/api/v1/branches/{quote(branch, safe='')}/stations/{quote(station, safe='')}/report",
            json={
                "agent": agent,
                "version": self.version,
                "clock": self.clock().isoformat(),
                "files": debt.files,
                "byte_count": debt.byte_count,
                "oldest_seconds": debt.oldest_seconds,
                "refused": debt.refused,
            },
        )
        try:
            return Clock(datetime.fromisoformat(told["now"]), bool(told["shared"]))
        except (KeyError, TypeError, ValueError) as error:
            raise NoLine(_STRANGE, 60) from error

    def _ask(self, method: str, path: str, **parts: Any) -> Any:
        headers = {"authorization": f"Bearer {self._token()}", **parts.pop("headers", {})}
        try:
            answer = self.client.request(method, self.server + path, headers=headers, **parts)
        except httpx.TransportError as error:
            raise _no_line(self.server, error) from error
        if answer.status_code // 100 == 2:
            with suppress(ValueError):
                return answer.json()
        raise _refused(self.server, answer)

    def _token(self) -> str:
        """Read the token each time: a new one is put there without a restart."""
        try:
            if self.token_file.stat().st_mode & 0o077:
                raise UserError(
                    say(
                        "{path} holds secrets and others may read it; run “chmod 600 {path}”.",
                        path=self.token_file,
                    )
                )
            token = self.token_file.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                say("The token cannot be read from {path}; check it.", path=self.token_file)
            ) from error
        if not token.isprintable() or not token:
            raise UserError(
                say("The token cannot be read from {path}; check it.", path=self.token_file)
            )
        return token


def _path_of(entry: Entry) -> str:
    branch, station, batch = (
        quote(one, safe="") for one in (entry.branch, entry.station, entry.batch)
    )
    return (
        f"/api/v1/branches/{branch}/stations/{station}/days/{entry.day}/batches/{batch}"
        f"/files/{entry.sha256}"
    )


def _told(answer: Any) -> Told:
    try:
        reasons = tuple(
            str(found["text"])
            for page in answer["pages"]
            if page["state"] == "refused"
            for found in page["findings"]
        )
        return Told(Standing(answer["standing"]), int(answer["received"]), reasons)
    except (KeyError, TypeError, ValueError) as error:
        raise NoLine(_STRANGE) from error


_STRANGE = say("What answers is no Paperproof, or another version; check --server.")
_BY_STATUS: Mapping[int, Message] = {
    401: say(
        "Headquarters does not accept the token: it was withdrawn or has run out. Nothing is lost; put a "
        "new one into its file."
    ),
    403: say("The token may not bring scans in; have one made for page.submit."),
    404: say("The token may not bring scans in for this branch, or --server is no Paperproof."),
}


def _refused(server: str, answer: httpx.Response) -> NoLine | NotTaken:
    status = answer.status_code
    if status == 422:
        detail = ""
        with suppress(ValueError, KeyError, TypeError):
            detail = str(answer.json()["detail"])[:500]
        return NotTaken(say("Headquarters says: {detail}", detail=detail or "422"))
    if status in _BY_STATUS:
        return NoLine(_BY_STATUS[status], 60)
    if status // 100 == 2:
        return NoLine(_STRANGE, 60)
    seconds = answer.headers.get("retry-after", "")
    return NoLine(
        say(
            "Headquarters ({server}) takes nothing now ({status}); it is tried again by itself.",
            server=server,
            status=status,
        ),
        min(float(seconds), 600.0) if seconds.isdigit() else 0,
    )


def _no_line(server: str, error: httpx.TransportError) -> NoLine:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return NoLine(
            say(
                "The certificate of {server} is not trusted, so nothing was sent: name its authority with "
                "--ca, and look at this machine's clock.",
                server=server,
            ),
            60,
        )
    return NoLine(say("{server} cannot be reached; it is tried again by itself.", server=server))


@dataclass
class Throttle:
    """Keeps a line below so many bytes a second."""

    bytes_a_second: float
    """0: as quick as it goes."""
    sleep: Callable[[float], None] = time.sleep

    def after(self, count: int) -> None:
        """Wait for so long as ``count`` bytes may take."""
        if self.bytes_a_second:
            self.sleep(count / self.bytes_a_second)

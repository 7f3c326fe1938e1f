"""The archive's words: one frozen type per stage of a page's way up to its reading, and the transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.language import Message

Pixels = npt.NDArray[np.uint8]
"""A page as seen: height x width x 3, RGB, 8 bits a channel."""


class Box(NamedTuple):
    """A place on a page, in pixels of the master, upright rectangle."""

    left: int
    top: int
    right: int
    bottom: int


def identity(*parts: object) -> str:
    """SHA-256 over the parts as canonical JSON: an identity that never depends on a clock (rule R8)."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# ---------------------------------------------------------------- how the page came


@dataclass(frozen=True)
class Batch:
    """Vouchers scanned together (批次)."""

    branch: str
    day: date
    """The business date the vouchers belong to."""
    station: str
    operator: str
    name: str

    @property
    def id(self) -> str:
        """The batch's identity; who operated the scanner is no part of it."""
        return identity(self.branch, self.day, self.station, self.name)


@dataclass(frozen=True)
class Delivery:
    """One page handed over once: which page, in which batch, under which name."""

    batch: Batch
    name: str
    """Name of the delivered file; "#n" is added for page n of a file of several pages."""
    page_no: int
    sha256: str
    """Of the page's master; of the whole file where no page could be told apart."""

    @property
    def id(self) -> str:
        """The delivery's identity: taking in the same batch again changes nothing (rule R8)."""
        return identity(self.batch.id, self.name, self.sha256)


# ---------------------------------------------------------------- the page as it came


class ColourMode(StrEnum):
    """How the scanner saw the page."""

    BITONAL = "bitonal"
    GREY = "grey"
    COLOUR = "colour"


@dataclass(frozen=True)
class SplitPage:
    """One page of a delivered file: the file itself, or one page cut out of a container."""

    page_no: int
    """1 for the first page of the file."""
    content: bytes
    """The page's master bytes: the delivered bytes themselves where the file is one page."""
    suffix: str
    """".jpg", ".png", ".tif" or ".jp2": the format of ``content``."""


@dataclass(frozen=True)
class DecodedPage:
    """A master opened under limits."""

    pixels: Pixels
    format: str
    """"JPEG", "PNG", "TIFF" or "JPEG2000"."""
    colour_mode: ColourMode
    dpi: tuple[float, float] | None
    """Horizontal and vertical dots per inch as recorded in the file; None when it records none."""


class Severity(StrEnum):
    """What a finding does to a page."""

    REJECT = "reject"
    FLAG = "flag"


@dataclass(frozen=True)
class Finding:
    """A page check (Q01 to Q20) that a page did not pass."""

    check: str
    severity: Severity
    measured: str
    limit: str
    message: Message
    """One sentence for the scan operator."""


class Mark(StrEnum):
    """What is put on a voucher by hand."""

    SIGNATURE = "signature"
    STAMP = "stamp"


@dataclass(frozen=True)
class Area:
    """Where a signature or stamp must stand (Q17)."""

    what: Mark
    place: tuple[float, float, float, float]
    """Left, top, right, bottom: millimetres on a form, shares of the page (0 to 1) for a type."""


# ---------------------------------------------------------------- the page as it was read


class FieldName(StrEnum):
    """Voucher fields (凭证要素), named as the transaction stream's columns."""

    SERIAL_NO = "serial_no"
    CUSTOMER_NO = "customer_no"
    FUND_ACCOUNT = "fund_account"
    CUSTOMER_NAME = "customer_name"
    BUSINESS_NAME = "business_name"
    AMOUNT = "amount"
    BUSINESS_DATE = "business_date"


@dataclass(frozen=True)
class TextLine:
    """One line of text that an engine saw."""

    text: str
    confidence: float
    box: Box
    """Drawn around the line on the page as it came."""
    angle: float = 0.0
    """Turn of the page's text, degrees clockwise, the same for all its lines; 0 on a straight page."""


@dataclass(frozen=True)
class PageCode:
    """One barcode or QR code found on a page."""

    text: str
    symbology: str
    box: Box


@dataclass(frozen=True)
class FieldValue:
    """One voucher field as read: the value in its plain form, and where and how it was read."""

    name: FieldName
    value: str
    """Plain form: amount "54930.33", date "2026-11-19", numbers without blanks."""
    confidence: float
    source: str
    """"barcode", "rapidocr", "tesseract", or two joined by "+" when they agree independently."""
    box: Box
    """Drawn around the value on the page as it came."""
    angle: float = 0.0
    """Turn of the page's text, degrees clockwise; 0 on a straight page."""


NO_READER = "none"
"""Engine of a page on which nothing was read because no reader came to an end with it."""


@dataclass(frozen=True)
class IdentityNumber:
    """A number printed beside the label of an identity number (公民身份号码)."""

    text: str
    """18 characters."""
    confirmed: bool
    """Whether a second reading by other means gave the same; asked for only when its check fails."""
    box: Box
    angle: float = 0.0
    """Turn of the text, as of a TextLine."""


@dataclass(frozen=True)
class PlacedValue:
    """A value in its plain form on a paper that is no voucher: a bank slip, a receipt."""

    value: str
    confidence: float
    box: Box
    """Drawn around the value on the page as it came."""
    angle: float = 0.0
    """As of ``FieldValue``."""


@dataclass(frozen=True)
class Reading:
    """What was read on one page, and what it cost."""

    codes: tuple[PageCode, ...]
    fields: Mapping[FieldName, FieldValue]
    lines: tuple[TextLine, ...]
    engine: str
    cpu_seconds: float
    wall_seconds: float
    doubts: tuple[str, ...] = ()
    """What the reader noticed that speaks against its own values, e.g. "words_differ_from_figures"."""
    form: str | None = None
    """Name of the known form whose zones were read; None when the page was read whole."""
    amount_in_words: str | None = None
    """The amount written out, in plain form."""
    identity: IdentityNumber | None = None
    """The customer's, where one of 18 characters is printed."""


# ---------------------------------------------------------------- the transaction


@dataclass(frozen=True)
class Transaction:
    """One line booked by the business system (一笔流水); unique by day, branch and serial number."""

    business_date: date
    serial_no: str
    handling_branch: str
    occur_at: datetime
    owner_branch: str
    customer_no: str
    customer_name: str
    id_type: str
    id_no: str
    business_code: str
    business_name: str
    channel: str
    teller_no: str
    fund_account: str | None = None
    sec_account: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    quantity: Decimal | None = None
    instrument: str | None = None
    reviewer_no: str | None = None
    review_flag: str | None = None
    review_at: datetime | None = None
    reverse_of: str | None = None
    voucher_count: int | None = None
    agent_name: str | None = None
    agent_id_no: str | None = None
    station: str | None = None
    remark: str | None = None

    @property
    def expects_paper(self) -> bool:
        """Whether a paper voucher is due: counter and witness business only (setting K21)."""
        return self.channel in ("counter", "witness")

"""The handler's control: each booked row is confirmed against its tasks, or is an exception (CG-16.3c)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction, identity
from pipeline.staff import person_key


@dataclass(frozen=True)
class Confirmation:
    """That somebody confirmed a row as it was booked then."""

    serial_no: str
    row: str
    """``row_digest`` of the row confirmed: a row that changed since is to be confirmed anew."""
    person: str
    at: datetime


def row_digest(row: Transaction) -> str:
    """Return what tells a booked row from every other content of it."""
    return identity(*astuple(row))


def confirmed(
    rows: Iterable[Transaction], confirmations: Sequence[Confirmation]
) -> dict[str, Confirmation]:
    """Return, by serial number, the confirmation that stands for each row as it is booked now."""
    last: Mapping[str, Confirmation] = {one.serial_no: one for one in confirmations}
    return {
        row.serial_no: last[row.serial_no]
        for row in rows
        if row.serial_no in last and last[row.serial_no].row == row_digest(row)
    }


def unconfirmed(
    rows: Iterable[Transaction], confirmed: Collection[str], exceptions: Collection[str | None]
) -> tuple[Transaction, ...]:
    """Return the rows that are neither confirmed nor an exception; both are given by serial number."""
    return tuple(
        row for row in rows if row.serial_no not in confirmed and row.serial_no not in exceptions
    )


def must_be_own(rows: Iterable[Transaction], person: str, holders: Mapping[str, str]) -> None:
    """Raise UserError where a row is another teller's; ``holders``: teller number -> who has it.

    Who has no number registered may confirm the rows whose number nobody has.
    """
    key = person_key(person)
    mine = {number for number, holder in holders.items() if person_key(holder) == key}
    for row in rows:
        if row.teller_no in mine or not (mine or row.teller_no in holders):
            continue
        raise UserError(
            say(
                "Row {serial} is of teller {teller}, {holder}, not of {person}; who handled it confirms it.",
                serial=row.serial_no,
                teller=row.teller_no,
                holder=holders.get(row.teller_no) or say("registered to nobody"),
                person=person,
            )
        )

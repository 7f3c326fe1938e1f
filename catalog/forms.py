"""Known forms that proposed themselves, and what people decided about each; forms that are used no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from catalog.log import append
from catalog.tables import known_form
from pipeline.errors import UserError
from pipeline.forms.model import FormModel, from_json, to_json
from pipeline.language import say


class FormState(StrEnum):
    """What became of a form."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    RETIRED = "retired"
    UNPROVED = "unproved"
    """Its pages did not prove it: they are not tried again."""


@dataclass(frozen=True)
class KeptForm:
    """A form as the catalog keeps it."""

    id: str
    state: FormState
    pages: tuple[str, ...]
    """SHA-256 of all pages of its layout at the time; no form is proposed from them again."""
    values: int
    """Values of its own pages that its zones gave as the whole page had given them."""
    form: FormModel | None
    """None when it was not proved."""
    at: datetime


class Forms:
    """Keeps forms by the identity of the pages they were learned from; nothing is ever deleted."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def propose(
        self, form_id: str, pages: Sequence[str], form: FormModel | None, values: int, who: str
    ) -> bool:
        """Keep a proposal, or pages that proved none (``form`` None); False when it is kept already."""
        state = FormState.PROPOSED if form else FormState.UNPROVED
        with self._engine.begin() as connection:
            if _row(connection, form_id):
                return False
            _insert(connection, form_id, state, pages, form, values)
            append(connection, who, f"form.{state}", form_id, pages=len(pages))
        return True

    def all(self) -> tuple[KeptForm, ...]:
        """Return everything kept, oldest first."""
        query = select(known_form).order_by(known_form.c.at, known_form.c.id)
        with self._engine.connect() as connection:
            return tuple(_kept(row) for row in connection.execute(query))

    def confirm(self, form_id: str, form: FormModel, who: str) -> None:
        """Take a proposal into use under the name and version of ``form``."""
        self._decide(form_id, FormState.CONFIRMED, who, form)

    def refuse(self, form_id: str, who: str) -> None:
        """Refuse a proposal; its pages propose nothing again."""
        self._decide(form_id, FormState.REFUSED, who, None)

    def retire(self, form_id: str, form: FormModel, who: str) -> None:
        """Use a form no more; one that was never proposed is kept as retired from now on."""
        with self._engine.begin() as connection:
            if _row(connection, form_id):
                _set(connection, form_id, FormState.RETIRED, form)
            else:
                pages = form.learned_from
                _insert(connection, form_id, FormState.RETIRED, pages, form, 0)
            append(connection, who, "form.retired", form_id, name=form.name, version=form.version)

    def _decide(self, form_id: str, state: FormState, who: str, form: FormModel | None) -> None:
        with self._engine.begin() as connection:
            row = _row(connection, form_id)
            if row is None or row.state != FormState.PROPOSED:
                raise UserError(
                    say(
                        "There is no open proposal {id}; “paperproof form proposals” lists them.",
                        id=form_id,
                    )
                )
            named: dict[str, Any] = {"name": form.name, "version": form.version} if form else {}
            _set(connection, form_id, state, form)
            append(connection, who, f"form.{state}", form_id, **named)


def _row(connection: Connection, form_id: str) -> Row[Any] | None:
    return connection.execute(select(known_form).where(known_form.c.id == form_id)).first()


def _insert(
    connection: Connection,
    form_id: str,
    state: FormState,
    pages: Sequence[str],
    form: FormModel | None,
    values: int,
) -> None:
    connection.execute(
        insert(known_form).values(
            id=form_id,
            state=str(state),
            pages=list(pages),
            values=values,
            form=to_json(form) if form else None,
            at=datetime.now(UTC),
        )
    )


def _set(connection: Connection, form_id: str, state: FormState, form: FormModel | None) -> None:
    content = {"form": to_json(form)} if form else {}
    connection.execute(
        update(known_form).where(known_form.c.id == form_id).values(state=str(state), **content)
    )


def _kept(row: Row[Any]) -> KeptForm:
    form = from_json(row.form) if row.form else None
    return KeptForm(row.id, FormState(row.state), tuple(row.pages), row.values, form, row.at)

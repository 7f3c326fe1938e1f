"""What people did to discrepancies: acts are added, never changed; each stands in the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Engine, Row, Select, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.log import append
from catalog.tables import discrepancy_act
from catalog.within import between
from pipeline.audit.entry import digest_of
from pipeline.balance import DiscrepancyKind
from pipeline.settling import (
    ItemKey,
    Proof,
    ProofKind,
    SettlingAct,
    SettlingKind,
    is_done,
    somebody_was_quicker,
)
from pipeline.staff import person_key

Acts = Mapping[ItemKey, tuple[SettlingAct, ...]]


class DiscrepancyActs:
    """Keeps who works on a discrepancy and how it was settled; the closing equation does not ask here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def between(self, first: date, last: date, branches: frozenset[str] | None) -> Acts:
        """Give the acts on the discrepancies of a window of days; ``branches``: whose, None: of all."""
        return self._read(between(select(discrepancy_act), discrepancy_act, first, last, branches))

    def of(self, key: ItemKey) -> tuple[SettlingAct, ...]:
        """Give the acts on one discrepancy, oldest first."""
        return self._read(select(discrepancy_act).where(*_of(key))).get(key, ())

    def enter(self, key: ItemKey, act: SettlingAct, seen: int, session: str | None) -> None:
        """Enter an act of a person who saw the first ``seen`` acts; UserError: another act came before.

        The number of the act is its key, so that of two who act at once one is told, on every database.
        """
        values = {
            "business_date": key.day,
            "branch": key.branch,
            "kind": str(key.kind),
            "subject": key.subject,
            "no": seen + 1,
            "act": str(act.kind),
            "person": act.person,
            "person_key": person_key(act.person),
            "content": act.text,
            "proof_kind": str(act.proof.kind) if act.proof else None,
            "proof": act.proof.reference if act.proof else None,
            "at": act.at,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(discrepancy_act).values(values))
                append(
                    connection,
                    act.person,
                    f"mismatch.{act.kind}",
                    str(key),
                    session=session,
                    after=digest_of([values["content"], values["proof_kind"], values["proof"]]),
                )
        except IntegrityError as error:
            acts = self.of(key)
            if not is_done(acts, act, seen):
                raise somebody_was_quicker(acts) from error

    def _read(self, query: Select[Any]) -> dict[ItemKey, tuple[SettlingAct, ...]]:
        found: dict[ItemKey, list[SettlingAct]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query.order_by(discrepancy_act.c.no)):
                found.setdefault(_key(row), []).append(_act(row))
        return {key: tuple(acts) for key, acts in found.items()}


def _of(key: ItemKey) -> tuple[Any, ...]:
    columns = discrepancy_act.c
    return (
        columns.business_date == key.day,
        columns.branch == key.branch,
        columns.kind == str(key.kind),
        columns.subject == key.subject,
    )


def _key(row: Row[Any]) -> ItemKey:
    return ItemKey(row.business_date, row.branch, DiscrepancyKind(row.kind), row.subject)


def _act(row: Row[Any]) -> SettlingAct:
    proof = Proof(ProofKind(row.proof_kind), row.proof) if row.proof_kind else None
    return SettlingAct(SettlingKind(row.act), row.person, row.content, row.at, proof)

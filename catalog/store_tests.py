"""What each store was seen to do when it was tried out: its capability record, kept for good."""

from __future__ import annotations

from sqlalchemy import Engine, insert, select

from catalog.tables import store_test
from pipeline.self_test import Outcome, SelfTest, Trait


class StoreTests:
    """Keeps the self-tests of the stores; ``store`` names an endpoint and its bucket."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enter(self, store: str, test: SelfTest) -> None:
        """Enter a self-test."""
        answers = {trait.value: outcome.value for trait, outcome in test.answers.items()}
        with self._engine.begin() as connection:
            connection.execute(insert(store_test).values(store=store, at=test.at, answers=answers))

    def last(self, store: str) -> SelfTest | None:
        """Give the latest self-test of ``store``; None: it was never tried."""
        query = (
            select(store_test)
            .where(store_test.c.store == store)
            .order_by(store_test.c.id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        answers = {Trait(trait): Outcome(outcome) for trait, outcome in row.answers.items()}
        return SelfTest(row.at, answers)

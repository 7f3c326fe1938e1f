"""The catalog's rows held against the register of objects (rule R10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, Engine, select

from catalog.tables import (
    batch,
    day_close,
    delivery,
    digital_file,
    digital_package,
    page,
    page_text,
    stored_object,
)
from catalog.tombstones import destroyed_sha256s
from pipeline.model import Batch, Delivery

_AT_ONCE = 1000


class Crossings:
    """Finds rows without their object, and objects without a row."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def promised(self) -> tuple[tuple[str, str], ...]:
        """Give (kind, SHA-256) of what rows speak of and the register does not know.

        Kinds are those of keys: "obj" for pages and the files they came in, "text", "digital".
        """
        pages = select(page.c.sha256)
        containers = select(page.c.container_sha256).where(page.c.container_sha256.is_not(None))
        texts = select(page_text.c.text_sha256)
        digital = select(digital_file.c.sha256)
        found = []
        with self._engine.connect() as connection:
            for kind, wanted in (
                ("obj", pages.union(containers)),
                ("text", texts),
                ("digital", digital),
            ):
                one = wanted.subquery()
                held = select(stored_object.c.sha256).where(stored_object.c.kind == kind)
                query = select(one.c[0]).where(one.c[0].not_in(held))
                query = query.where(one.c[0].not_in(destroyed_sha256s()))
                found += [(kind, sha256) for sha256 in connection.execute(query).scalars()]
        return tuple(sorted(set(found)))

    def promised_notes(self) -> tuple[str, ...]:
        """Give the keys of closings' decisions and of packages' notes that the register does not know."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for key in (day_close.c.decision_key, digital_package.c.note_key):
                unknown = select(key).where(key.not_in(select(stored_object.c.key))).distinct()
                found |= set(connection.execute(unknown).scalars())
        return tuple(sorted(found))

    def without_a_row(self, before: datetime) -> tuple[str, ...]:
        """Give the keys of pages, files and packages that no row speaks of, entered before a moment."""
        pages = select(page.c.sha256)
        containers = select(page.c.container_sha256).where(page.c.container_sha256.is_not(None))
        kind, sha256, key = stored_object.c.kind, stored_object.c.sha256, stored_object.c.key
        unspoken = (
            ((kind == "obj") & sha256.not_in(pages.union(containers)))
            | ((kind == "digital") & sha256.not_in(select(digital_file.c.sha256)))
            | ((kind == "package") & key.not_in(select(digital_package.c.note_key)))
        )
        query = select(key).where(unspoken, stored_object.c.stored_at < before).order_by(key)
        with self._engine.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def receipts(self, before: datetime) -> Iterator[tuple[str, str]]:
        """Yield key and SHA-256 of all receipts entered before a moment, in ascending order of keys."""
        last = ""
        while True:
            query = (
                select(stored_object.c.key, stored_object.c.sha256)
                .where(stored_object.c.kind == "receipt", stored_object.c.key > last)
                .where(stored_object.c.stored_at < before)
                .order_by(stored_object.c.key)
                .limit(_AT_ONCE)
            )
            with self._engine.connect() as connection:
                some = [(row.key, row.sha256) for row in connection.execute(query)]
            if not some:
                return
            yield from some
            last = some[-1][0]

    def admitted(self) -> Iterator[tuple[tuple[Delivery, str | None], ...]]:
        """Yield all deliveries that are in the archive, some at a time, with the file each page came in."""
        last = ""
        while True:
            query = (
                select(delivery, batch, page.c.container_sha256)
                .join(batch, batch.c.id == delivery.c.batch_id)
                .join(page, page.c.sha256 == delivery.c.sha256)
                .where(delivery.c.state != "refused", delivery.c.id > last)
                .order_by(delivery.c.id)
                .limit(_AT_ONCE)
            )
            with self._engine.connect() as connection:
                rows = connection.execute(
                    query.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
                ).all()
            if not rows:
                return
            yield tuple(
                (
                    Delivery(
                        Batch(
                            row.batch_branch,
                            row.batch_business_date,
                            row.batch_station,
                            row.batch_operator,
                            row.batch_name,
                        ),
                        row.delivery_name,
                        row.delivery_page_no,
                        row.delivery_sha256,
                    ),
                    row.page_container_sha256,
                )
                for row in rows
            )
            last = rows[-1].delivery_id

"""The account system's customer file into the catalog: whole or not at all, bad rows on a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.customers import ImportedCustomers
from flows.delivered_file import content_of
from flows.parts import Parts
from ingest.customers import CustomerFile, read_customers
from ingest.transactions import write_rejects
from pipeline.clocks import ZONE


@dataclass(frozen=True)
class CustomersImported:
    """What an import did."""

    file: CustomerFile
    told: ImportedCustomers
    rejects_file: Path | None


def import_customers(parts: Parts, path: Path, *, lang: str, who: str) -> CustomersImported:
    """Import a customer file; the same file twice changes nothing.

    Raises StreamRefused when the file as a whole does not hold, UserError when it cannot be read.
    """
    file = read_customers(content_of(path), datetime.now(ZONE).date())
    told = parts.catalog.customers.take_over(file.customers, file.sha256, who)
    rejects = None
    if file.rejects:
        rejects = parts.workspace.rejects / f"{path.stem}-{file.sha256[:8]}-rejects.csv"
        rejects.parent.mkdir(parents=True, exist_ok=True)
        write_rejects(rejects, file.rejects, lang)
    return CustomersImported(file, told, rejects)

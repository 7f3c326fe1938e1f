"""The core requirements of the rules that Paperproof's users live under: where each is kept and proved.

Ids are those of the collected rules (CG 客户资料管理办法, BM 保密, B1 and B2 personal information, RC 档案室
checks, DK archive software). ``core_requirements.csv`` names the code that enforces one, ``core_proofs.json``
the tests marked with its id (written by ``script/requirements``). What has no test is open, and says so.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pipeline.language import Named

TABLE = "core_requirements.csv"
PROOFS = "core_proofs.json"


@dataclass(frozen=True)
class CoreRequirement:
    """One core requirement."""

    id: str
    """"CG-16.3b"."""
    title: Named
    """What it asks for, in short."""
    enforced: tuple[str, ...]
    """Where in the code, "package.module:Name"."""
    proved: tuple[str, ...]
    """By which tests, "tests/flows/test_week.py::test_…"."""

    @property
    def is_open(self) -> bool:
        """Whether no code keeps it or no test proves it yet."""
        return not (self.enforced and self.proved)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return {
            "id": self.id,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "state": "open" if self.is_open else "proved",
            "enforced": list(self.enforced),
            "proved": list(self.proved),
        }


def core_requirements(proofs: Mapping[str, list[str]] | None = None) -> tuple[CoreRequirement, ...]:
    """Give all core requirements in the order of their table; ``proofs``: others than those shipped."""
    if proofs is None:
        proofs = json.loads((files("pipeline") / PROOFS).read_text("utf-8"))
    rows = csv.DictReader((files("pipeline") / TABLE).read_text("utf-8").splitlines())
    return tuple(
        CoreRequirement(
            row["id"],
            Named(zh=row["zh"], en=row["en"]),
            tuple(row["enforced"].split()),
            tuple(proofs.get(row["id"], ())),
        )
        for row in rows
    )

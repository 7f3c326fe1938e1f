"""The account of one batch: what became of each of its pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.errors import PaperproofError
from pipeline.language import Message, say
from pipeline.vouchers import BatchCount


@dataclass
class TakenIn:
    """What became of a batch: every page of every file stands in exactly one of the counts."""

    files: int = 0
    pages: int = 0
    admitted: int = 0
    blank: int = 0
    sheets: int = 0
    """Separators and covers of ours."""
    already: int = 0
    refused: list[tuple[str, Message]] = field(default_factory=list)
    not_yet: list[str] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    """Page check -> the pages that were admitted although they did not quite pass it."""
    read: int = 0
    counts: tuple[BatchCount, ...] = ()
    """The batch's covers against what came behind them, this time and before."""
    to_key: int = 0
    """Fields that people are asked for anew."""

    @property
    def counted(self) -> dict[str, int]:
        """Every count, by the name that sentences and events have for it."""
        names = ("files", "pages", "admitted", "blank", "sheets", "already")
        return {name: getattr(self, name) for name in names} | {"refused": len(self.refused)}

    def must_add_up(self) -> None:
        """Raise PaperproofError unless in = admitted + blank + sheets + refused + already in."""
        accounted = self.admitted + self.blank + self.sheets + len(self.refused) + self.already
        if self.pages != accounted:
            raise PaperproofError(
                say(
                    "Of {pages} pages only {accounted} are accounted for; report this to IT, the "
                    "batch must be checked page by page.",
                    pages=self.pages,
                    accounted=accounted,
                )
            )

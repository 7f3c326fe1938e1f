"""Sentences that send people to a command send them to a page where the site has one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.language import Message, say

_ADMINISTRATION = say("Administration")
_OWN = (say("Own account"),)
_STATION = (say("Scan station"),)
_PAGES: Mapping[str, tuple[Message, ...]] = {
    "staff": (_ADMINISTRATION, say("Appointments")),
    "account": (_ADMINISTRATION, say("Accounts")),
    "account password": _OWN,
    "account second-factor": _OWN,
    "calendar import": (_ADMINISTRATION, say("Calendar")),
    "profile show": (_ADMINISTRATION, say("Profile")),
    "profile publish": (_ADMINISTRATION, say("Profile")),
    "storage status": (_ADMINISTRATION, say("Stores")),
    "take-in": _STATION,
    "station status": _STATION,
    "station devices": _STATION,
    "review": (say("Review"),),
    "key": (say("Keying"),),
    "mismatch": (say("Discrepancies"),),
    "handover": (say("Hand-over"),),
    "archive show": (say("Customer archive"),),
    "archive places": (say("Shelf list"),),
    "archive read": (say("Reading room"),),
    "access": (say("Access requests"),),
    "access report": (say("Reports on access"),),
    "access matrix": (_ADMINISTRATION, say("Who may what")),
    "upload status": (say("Months"),),
    "evidence": (say("Evidence"),),
    "export": (say("Packages that leave"),),
    "secrecy": (say("Levels of secrecy"),),
    "secrecy readers": (say("Access lists"),),
}
"""A command's word, or its two first ones, which go before -> the way to the page that does the same."""
_COMMAND = re.compile(r"“paperproof ([a-z-]+)((?: [a-z-]+)?)[^”]*”")


def on_site(sentence: str, lang: str) -> str:
    """Return a sentence with the pages in place of the commands that they stand for; others stay."""
    if "“paperproof " not in sentence:
        return sentence

    def named(found: re.Match[str]) -> str:
        way = _PAGES.get(found[1] + found[2]) or _PAGES.get(found[1])
        return f"“{' › '.join(one.in_language(lang) for one in way)}”" if way else found[0]

    return _COMMAND.sub(named, sentence)

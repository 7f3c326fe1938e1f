"""Sentences that send people to a command send them to a page where the site has one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.language import Message, say

_ADMINISTRATION = say("Administration")
_OWN = (say("Own account"),)
_PAGES: Mapping[str, tuple[Message, ...]] = {
    "staff": (_ADMINISTRATION, say("Appointments")),
    "account": (_ADMINISTRATION, say("Accounts")),
    "account password": _OWN,
    "account second-factor": _OWN,
    "calendar import": (_ADMINISTRATION, say("Calendar")),
    "profile show": (_ADMINISTRATION, say("Profile")),
    "profile publish": (_ADMINISTRATION, say("Profile")),
    "storage status": (_ADMINISTRATION, say("Stores")),
    "station status": (say("Scan station"),),
    "review": (say("Review"),),
    "key": (say("Keying"),),
    "mismatch": (say("Discrepancies"),),
    "handover": (say("Hand-over"),),
    "archive show": (say("Customer archive"),),
    "archive places": (say("Shelf list"),),
    "access": (say("Access requests"),),
    "secrecy": (say("Levels of secrecy"),),
    "secrecy readers": (say("Access lists"),),
}
"""A command's word, or its two first ones, which go before -> the way to the page that does the same."""
_COMMAND = re.compile(r"“paperproof ([a-z-]+)((?: [a-z-]+)?)[^”]*”")


def on_site(sentence: str, lang: str) -> str:
    """Return a sentence with the pages in place of the commands that they stand for; others stay."""

    def named(found: re.Match[str]) -> str:
        way = _PAGES.get(found[1] + found[2]) or _PAGES.get(found[1])
        return f"“{' › '.join(one.in_language(lang) for one in way)}”" if way else found[0]

    return _COMMAND.sub(named, sentence)

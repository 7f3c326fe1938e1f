"""Pages judged once they are read: repeated papers, amounts, identity numbers, signatures, their type.

They are in already, so whatever is found is a flag: it goes on the day's list with a name beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from catalog.findings import ReadPage
from flows.parts import Parts
from ingest.admission import Opener
from pipeline.areas import Marked, check_areas, marked_on_form, marked_on_page
from pipeline.checks import check
from pipeline.errors import PageRefused
from pipeline.forms.model import FormModel
from pipeline.language import say
from pipeline.model import ColourMode, Finding, Mark, Pixels, Severity
from pipeline.profile import RulesInForce
from pipeline.read_checks import check_reading
from pipeline.repeated import NEAR_HASH, Scan, hash_distance, same_paper, told_by_fields
from storage.vault import Vault

_COMPARED = 10
"""Pages of which too little was read that one is compared with: the nearest by their hashes."""
_OPEN = 12
"""Pages held open while they are compared; one of A4 at 300 dpi takes 26 MB."""


@dataclass(frozen=True)
class JudgedPage:
    """A page and what was found on it."""

    delivery_id: str
    name: str
    findings: tuple[Finding, ...]


def judge_read_pages(
    parts: Parts, vault: Vault, opener: Opener, day: date, branch: str, who: str
) -> Iterator[JudgedPage]:
    """Judge a branch and day's read pages that were not judged yet, each once; give those judged now."""

    @lru_cache(maxsize=_OPEN)
    def pixels(sha256: str) -> Pixels:
        content = vault.read_good(sha256)
        if content is None:  # told where copies are verified
            raise PageRefused(say("No store gives a good copy of this page."))
        return opener.decode(content).pixels

    def scan(one: ReadPage) -> Scan:
        dpi = one.parameters.dpi[0] if one.parameters.dpi else 0.0
        return Scan(pixels(one.sha256), dpi, one.parameters.skew_degrees or 0.0)

    findings = parts.catalog.findings
    compared: list[ReadPage] = []
    pages = findings.read_pages(day, branch)
    for one in [*(p for p in pages if p.judged), *(p for p in pages if not p.judged)]:
        if not one.judged:
            rules = _rules_of(parts, one, day)
            found = (
                *_by_type(parts, one, rules),
                *_repeated(one, compared, scan),
                *check_reading(one.reading, day, branch, parts.settings.reading.serial_grammar),
                *_unmarked(one, _form_of(parts, one), rules, scan),
            )
            if findings.keep(one, rules, found, who):
                yield JudgedPage(one.delivery_id, one.name, found)
        compared.append(one)


def _rules_of(parts: Parts, page: ReadPage, day: date) -> RulesInForce:
    """The rules of the type that the batch named, else of the type that its known form names."""
    form = _form_of(parts, page)
    code = page.document_type or (form.document_type if form else None)
    return parts.rules_in_force(code, day)


def _form_of(parts: Parts, page: ReadPage) -> FormModel | None:
    return parts.forms_by_name.get(page.reading.form) if page.reading.form else None


def _by_type(parts: Parts, page: ReadPage, rules: RulesInForce) -> Iterator[Finding]:
    """What a type known by the form alone asks for, beyond what the page was admitted with."""
    if rules.document_type == page.document_type:
        return
    known = parts.catalog.findings.checks_of(page.delivery_id)
    for found in check(page.parameters, rules.rules):
        if found.check not in known:
            yield replace(found, severity=Severity.FLAG)


def _repeated(
    page: ReadPage, earlier: Sequence[ReadPage], scan: Callable[[ReadPage], Scan]
) -> Iterator[Finding]:
    """Q12: another scan of a paper that is in. The same bytes again were told at admission."""
    for other in _candidates(page, earlier):
        repeats = False
        with suppress(PageRefused):  # opened at admission, not now: then it is not compared
            repeats = same_paper(scan(page), scan(other))
        if repeats:
            yield Finding(
                "Q12",
                Severity.FLAG,
                other.name,
                "≠",
                say(
                    "{name} shows the same paper as {first}; confirm that it is one paper scanned "
                    "twice, and that no other paper was meant.",
                    name=page.name,
                    first=other.name,
                ),
            )
            return


def _unmarked(
    page: ReadPage,
    form: FormModel | None,
    rules: RulesInForce,
    scan: Callable[[ReadPage], Scan],
) -> Iterator[Finding]:
    """Q17: signatures and stamps that are missing where the form, else the type, wants them.

    Red shows in colour only: without it no stamp is missed.
    """
    on_form = form is not None and bool(form.areas)
    if not (on_form or rules.rules.areas) or not page.parameters.dpi:
        return
    marked: tuple[Marked, ...] = ()
    with suppress(PageRefused):
        seen = scan(page)
        marked = (
            marked_on_form(seen.pixels, form)
            if form and on_form
            else marked_on_page(seen.pixels, seen.dpi, rules.rules.areas)
        )
    coloured = page.parameters.colour_mode is ColourMode.COLOUR
    yield from check_areas([m for m in marked if coloured or m.area.what is not Mark.STAMP])


def _candidates(page: ReadPage, earlier: Sequence[ReadPage]) -> list[ReadPage]:
    """Give the pages that may be of one paper with ``page``: by what was read, else the nearest."""
    likely, undecided = [], []
    for other in earlier:
        if other.sha256 == page.sha256 or not (page.parameters.dpi and other.parameters.dpi):
            continue
        told = told_by_fields(page.reading.fields, other.reading.fields)
        if told:
            likely.append(other)
        elif told is None:
            distance = hash_distance(
                page.parameters.perceptual_hash, other.parameters.perceptual_hash
            )
            if distance <= NEAR_HASH:
                undecided.append((distance, other))
    undecided.sort(key=lambda pair: pair[0])
    return [*likely, *(other for _, other in undecided[:_COMPARED])]

"""One branch and day's pages and transactions, ticked off one to one, each match with its evidence.

Exact serial numbers first; then, for what is left, candidates that share a key, scored field by field and
assigned globally. A thin margin is no match: it goes to a person. Pure and deterministic: the order of
the arguments does not change the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.assignment import MatchRules, assigned
from pipeline.balance import CatalogedPage, Match
from pipeline.evidence import DIFFERS, expected_values, plain, score, weigh
from pipeline.following import Followers
from pipeline.model import FieldName, Transaction
from pipeline.vouchers import leaders


@dataclass(frozen=True)
class Matching:
    """The result: every page and transaction that came in stands in exactly one place."""

    matches: tuple[Match, ...]
    duplicates: tuple[tuple[CatalogedPage, CatalogedPage], ...]
    """(surplus copy, the page that was matched or came first)."""
    pages_left: tuple[CatalogedPage, ...]
    transactions_left: tuple[Transaction, ...]


_KEYS = (
    FieldName.SERIAL_NO,
    FieldName.CUSTOMER_NO,
    FieldName.FUND_ACCOUNT,
    FieldName.CUSTOMER_NAME,
    FieldName.AMOUNT,
)


def match_day(
    transactions: Iterable[Transaction],
    pages: Iterable[CatalogedPage],
    rules: MatchRules | None = None,
) -> Matching:
    """Match the admitted pages of one branch and day with its transactions, one to one."""
    rules = rules or MatchRules()
    open_transactions = {t.serial_no: t for t in sorted(transactions, key=lambda t: t.serial_no)}
    ordered = sorted(pages, key=lambda p: (p.sequence, p.delivery_id))
    unique, duplicates = _set_repeated_bytes_aside(ordered)
    followers = Followers(leaders(ordered), open_transactions)
    leading, following = followers.told_apart(unique)
    exact, extra, rest = _match_by_serial(open_transactions, leading)
    exact, following, strangers = followers.joined(exact, following)
    taken = {match.serial_no for match in exact}
    left = [t for serial, t in open_transactions.items() if serial not in taken]
    rest = sorted([*rest, *strangers], key=lambda p: (p.sequence, p.delivery_id))
    by_fields, following, strangers = followers.joined(
        _match_by_fields(left, rest, rules), following
    )
    taken |= {match.serial_no for match in by_fields}
    used = {page.delivery_id for match in by_fields for page in match.pages}
    copies, following = followers.of_copies((*duplicates, *extra), following)
    return Matching(
        matches=tuple(sorted([*exact, *by_fields], key=lambda m: m.serial_no)),
        duplicates=copies,
        pages_left=tuple(
            page for page in [*rest, *strangers, *following] if page.delivery_id not in used
        ),
        transactions_left=tuple(t for t in left if t.serial_no not in taken),
    )


def _set_repeated_bytes_aside(
    pages: Sequence[CatalogedPage],
) -> tuple[list[CatalogedPage], list[tuple[CatalogedPage, CatalogedPage]]]:
    """The same bytes delivered again are a copy, whatever they say (page check Q12)."""
    first: dict[str, CatalogedPage] = {}
    copies = []
    for page in pages:
        if page.page_id in first:
            copies.append((page, first[page.page_id]))
        else:
            first[page.page_id] = page
    return list(first.values()), copies


def _serial_of(page: CatalogedPage) -> str | None:
    field = page.fields.get(FieldName.SERIAL_NO)
    return field.value if field else None


def _match_by_serial(
    transactions: dict[str, Transaction], pages: Sequence[CatalogedPage]
) -> tuple[list[Match], list[tuple[CatalogedPage, CatalogedPage]], list[CatalogedPage]]:
    """Pages that carry a booked serial number, unless everything else on them speaks against it."""
    claims: dict[str, list[CatalogedPage]] = defaultdict(list)
    rest = []
    for page in pages:
        serial = _serial_of(page)
        transaction = transactions.get(serial) if serial else None
        if transaction and score(weigh(page.fields, transaction)) > 0:
            claims[transaction.serial_no].append(page)
        else:
            rest.append(page)
    matches, extra = [], []
    for serial, claimants in sorted(claims.items()):
        transaction = transactions[serial]
        room = max(1, transaction.voucher_count or 1)
        chosen = sorted(
            sorted(claimants, key=lambda p: -score(weigh(p.fields, transaction)))[:room],
            key=lambda p: p.sequence,
        )
        matches.append(_match(transaction, tuple(chosen), "serial"))
        extra += [(page, chosen[0]) for page in claimants if page not in chosen]
    return matches, extra, rest


def _match(transaction: Transaction, pages: tuple[CatalogedPage, ...], how: str) -> Match:
    evidence = max((weigh(page.fields, transaction) for page in pages), key=score)
    return Match(transaction.serial_no, pages, how, score(evidence), evidence)


def _match_by_fields(
    transactions: Sequence[Transaction], pages: Sequence[CatalogedPage], rules: MatchRules
) -> list[Match]:
    """Assign what shares a key so that the total evidence is greatest."""
    return [
        _match(transactions[row], (pages[column],), "fields")
        for row, column in assigned(_candidate_scores(transactions, pages), rules)
    ]


def _candidate_scores(
    transactions: Sequence[Transaction], pages: Sequence[CatalogedPage]
) -> dict[tuple[int, int], float]:
    """Score the pairs that share at least one key (blocking), none whose serial numbers disagree."""
    by_key: dict[tuple[FieldName, str], list[int]] = defaultdict(list)
    for row, transaction in enumerate(transactions):
        for name, value in expected_values(transaction).items():
            if name in _KEYS and value:
                by_key[name, plain(value)].append(row)
    scores = {}
    for column, page in enumerate(pages):
        rows = {
            row
            for name, field in page.fields.items()
            for row in by_key.get((name, plain(field.value)), ())
        }
        for row in rows:
            evidence = weigh(page.fields, transactions[row])
            if not any(e.field is FieldName.SERIAL_NO and e.verdict == DIFFERS for e in evidence):
                scores[row, column] = score(evidence)
    return scores

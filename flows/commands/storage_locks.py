"""What the stores were seen to do when they were tried out, and what locks what is kept."""

from __future__ import annotations

from contextlib import ExitStack

import typer

from flows.commands.session import Session
from flows.last_tested import Tested
from flows.terminal import Terminal, moment
from pipeline.copies import PLACES
from pipeline.language import Message, say
from pipeline.self_test import TRAITS, Outcome, Trait

NOT_LOCKED = 1
OUTCOMES = {
    Outcome.HOLDS: say("yes"),
    Outcome.FAILS: say("NO"),
    Outcome.NONE: say("does not have it"),
}


def self_test(context: typer.Context) -> None:
    """Try primary and replica out: delete, shorten and overwrite what is locked, and more; keep the answers.

    Exit code 1: a lock that the settings want does not hold; no page comes in then.
    """
    from flows.self_test import refusal, test_stores  # stores take their time to load
    from flows.stores import open_stores

    session: Session = context.obj
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        tested = test_stores(parts.settings, parts.catalog, stores.vault)
    _tell_answers(session.terminal, tested)
    tell_locks(session.terminal, tested, parts.settings.lock_days)
    failing = [refusal(one.place, one.test) for one in tested if one.fails and one.test]
    for message in failing:
        session.terminal.tell(message)
    if failing:
        raise typer.Exit(NOT_LOCKED)


def tell_locks(terminal: Terminal, tested: tuple[Tested, ...], lock_days: int) -> None:
    """Tell for each store what keeps its objects from being deleted, loudly where nothing does."""
    for message in locks_told(tested, lock_days):
        terminal.tell(message)


def locks_told(tested: tuple[Tested, ...], lock_days: int) -> tuple[Message, ...]:
    """Say of each store what keeps its objects from being deleted."""
    return tuple(_locks(one, lock_days) for one in tested)


def tell_weak(terminal: Terminal, tested: tuple[Tested, ...]) -> None:
    """Warn of stores that lock nothing, and of locks that do not hold."""
    for one in tested:
        if not one.locks:
            terminal.note(_locks(one, 0))


def _locks(one: Tested, lock_days: int) -> Message:
    place = PLACES[one.place]
    if one.test is None:
        return say(
            "The {place} was never tried out; run “paperproof storage self-test”.", place=place
        )
    at = moment(one.test.at)
    if one.locks:
        return say(
            "The {place} locks every object for {days} days from its put; tried on {at}: the locks hold.",
            place=place,
            days=lock_days,
            at=at,
        )
    if one.lock_wanted:
        return say(
            "The {place} DOES NOT KEEP ITS LOCKS, tried on {at}; no page comes in.",
            place=place,
            at=at,
        )
    versions = one.test.answers.get(Trait.VERSIONS) is Outcome.HOLDS
    return say(
        "The {place} LOCKS NOTHING: whoever has its keys can delete pages. Older versions stay: {versions}. "
        "Give Paperproof keys there that may not delete.",
        place=place,
        versions=OUTCOMES[Outcome.HOLDS if versions else Outcome.FAILS],
    )


def _tell_answers(terminal: Terminal, tested: tuple[Tested, ...]) -> None:
    terminal.table(
        say("The stores, tried out"),
        (say("Tried"), *(PLACES[one.place] for one in tested)),
        [
            (
                TRAITS[trait].in_language(terminal.lang),
                *(_answer(one, trait).in_language(terminal.lang) for one in tested),
            )
            for trait in Trait
        ],
    )


def _answer(one: Tested, trait: Trait) -> Message:
    if one.test is None:
        return say("not tried")
    return OUTCOMES[one.test.answers.get(trait, Outcome.NONE)]

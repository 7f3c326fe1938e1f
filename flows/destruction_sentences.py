"""What was said and done about a list of destruction, in sentences for command line and register."""

from __future__ import annotations

from collections.abc import Iterator

from flows.terminal import moment
from pipeline.destruction import Order
from pipeline.language import Message, say
from pipeline.staff import ROLES


def said_of(order: Order) -> Iterator[Message]:
    """Yield opinions, decision, who was present, and who verified, in their order."""
    for one in order.opinions:
        yield say(
            "{role} {verdict}: {text} ({person}, {at})",
            role=ROLES[one.role],
            verdict=say("is for it") if one.agrees else say("is against it"),
            text=one.text,
            person=one.person,
            at=moment(one.at),
        )
    if order.decision:
        yield say(
            "The committee {verdict}, {minutes} ({person}, {at})",
            verdict=say("approved") if order.decision.approved else say("turned it down"),
            minutes=order.decision.minutes,
            person=order.decision.person,
            at=moment(order.decision.at),
        )
    for present in order.attendances:
        yield say("{person} was present on {at}.", person=present.person, at=moment(present.at))
    if order.verified_at:
        yield say(
            "{person} looked for all of it on {at} and found nothing.",
            person=order.verified_by,
            at=moment(order.verified_at),
        )

"""What the codes of the keying queue are called."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.keying.tasks import Cause, Closed, State, Unreadable
from pipeline.language import Message, say

CAUSES: Mapping[Cause, Message] = {
    Cause.NOT_READ: say("not found on the page"),
    Cause.UNSURE: say("read, but not surely"),
    Cause.WORDS_DIFFER: say("amount in words differs from figures"),
    Cause.CODE_DIFFERS: say("code differs from print"),
    Cause.TWO_SERIALS: say("two serial numbers on one page"),
    Cause.READER_FAILED: say("the reader failed on the page"),
}

UNREADABLE: Mapping[Unreadable, Message] = {
    Unreadable.ILLEGIBLE: say("illegible"),
    Unreadable.STAMPED: say("covered by a stamp"),
    Unreadable.CUT_OFF: say("cut off"),
    Unreadable.HANDWRITING: say("handwriting"),
    Unreadable.BLANK: say("left blank"),
    Unreadable.NOT_HERE: say("not on this page"),
}

CLOSED: Mapping[Closed, Message] = {
    Closed.READ: say("closed: a later closing read it surely"),
    Closed.NOT_WANTED: say("closed: a later closing read the page, and it is not wanted of it"),
}

STATES: Mapping[State, Message] = {
    State.OPEN: say("open"),
    State.DISPUTED: say("two keyings differ"),
    State.SETTLED: say("settled"),
    State.GIVEN_UP: say("cannot be read"),
    State.CLOSED: say("closed, nobody is needed"),
}

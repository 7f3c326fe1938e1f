"""Keying at a terminal: one task after the other, checked as it is keyed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from catalog.keying import Keying
from catalog.reports.wording import FIELDS
from flows.commands.reasons import parsed_reason
from flows.terminal import Terminal
from pipeline.errors import UserError
from pipeline.keying.entry import checked_value
from pipeline.keying.tasks import Act, ActKind, KeyingTask, Unreadable
from pipeline.keying.wording import CAUSES, UNREADABLE
from pipeline.language import Message, say

_LATER, _CANNOT, _BACK, _STOP = "", "?", "<", "."


def told_entry(entry: Act) -> Message:
    """An entry in words."""
    if entry.kind is ActKind.CANNOT:
        return UNREADABLE[Unreadable(entry.content)]
    return Message("{value}", (("value", entry.content),))


def tell_task(terminal: Terminal, task: KeyingTask, who: str, picture: Path | None) -> None:
    """Say what is asked for, where its picture lies, and the entries that this person may see."""
    terminal.tell(
        say(
            "Task {no}: {field} on {page}, batch {batch}, branch {branch}, {day} ({cause}).",
            no=task.no,
            field=FIELDS[task.field],
            page=task.page,
            batch=task.batch,
            branch=task.branch,
            day=task.day,
            cause=CAUSES[task.cause],
        )
    )
    terminal.tell(
        say("Picture: {path}", path=picture)
        if picture
        else say("The page cannot be opened for a picture; take the paper.")
    )
    for entry in task.shown_to(who):
        terminal.tell(
            say("Keyed: {entry}, by {person}.", entry=told_entry(entry), person=entry.person)
            if entry.person
            else say("Others keyed: {entry}.", entry=told_entry(entry))
        )


@dataclass(frozen=True)
class Desk:
    """One person's place at a terminal."""

    terminal: Terminal
    keying: Keying
    picture: Callable[[KeyingTask], Path | None]
    who: str
    serial_grammar: str

    def work(self, waiting: Iterable[KeyingTask]) -> None:
        """Go through the tasks; whatever is kept is kept at once, so it may end anywhere."""
        queue = deque(waiting)
        total, kept, number = len(queue), 0, 0
        if queue:
            self.terminal.note(
                say(
                    "Key what stands in the picture, then Enter. Enter alone: later; ?: cannot be read; "
                    "<: take the last entry back; .: stop."
                )
            )
        while queue:
            number += 1
            self.terminal.note(say("{number} of {total}", number=number, total=total))
            undone: list[KeyingTask] = []
            answered = self._answer(queue.popleft(), undone)
            queue.extendleft(undone)
            number, kept = number - len(undone), kept - len(undone)
            if answered is None:
                break
            kept += answered
        self.terminal.tell(say("{kept} of {total} tasks were keyed.", kept=kept, total=total))

    def _answer(self, task: KeyingTask, undone: list[KeyingTask]) -> bool | None:
        """Ask until there is an answer: kept, put off, or None to stop; collect what was undone."""
        try:
            shown = self.keying.look(task.no, self.who)
            shown.must_wait_for(self.who)
        except UserError as error:  # another person was quicker
            self.terminal.note(error.message)
            return False
        tell_task(self.terminal, shown, self.who, self.picture(shown))
        while True:
            text = self.terminal.ask(say("{field}: ", field=FIELDS[task.field]))
            if text is None or text == _STOP:
                return None
            if text == _LATER:
                return False
            try:
                if text == _BACK:
                    undone.append(self._undo())
                elif text != _CANNOT:
                    self._enter(task, text)
                    return True
                elif self._cannot(task):
                    return True
            except UserError as error:
                self.terminal.note(error.message)

    def _enter(self, task: KeyingTask, text: str) -> None:
        self.keying.enter(task.no, self.who, checked_value(task.field, text, self.serial_grammar))

    def _undo(self) -> KeyingTask:
        task = self.keying.undo(self.who)
        self.terminal.note(
            say("Task {no}: your entry was taken back; it waits to be keyed again.", no=task.no)
        )
        return task

    def _cannot(self, task: KeyingTask) -> bool:
        """Ask for the reason; False when the person thinks better of it."""
        lang = self.terminal.lang
        reasons = [
            f"{n} {UNREADABLE[why].in_language(lang)}" for n, why in enumerate(Unreadable, 1)
        ]
        chosen = self.terminal.ask(say("Why? {reasons}: ", reasons="; ".join(reasons)))
        if not chosen:
            return False
        self.keying.cannot(task.no, self.who, parsed_reason(chosen, Unreadable))
        return True

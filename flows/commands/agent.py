"""``paperproof agent``: a branch's scans to headquarters over a thin line; no catalog and no stores here."""

from __future__ import annotations

import json
import random
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import typer

from flows.agent.ledger import Ledger
from flows.agent.leftovers import StationCheck
from flows.agent.line import HttpLine, Throttle
from flows.agent.rounds import Agent, Round
from flows.agent.status import AgentStatus, agent_status, as_json, keep_round
from flows.alone import alone
from flows.commands.leftover_list import Removal, tell_account
from flows.commands.session import Session, checked_branch, parsed_day
from flows.terminal import Terminal
from ingest.inbox import ClaimRules, scan_files
from pipeline.clocks import ZONE
from pipeline.language import Message, say

_OWN = ".paperproof-agent"
_LEFT_TO_DO = 3
_LONGEST_PAUSE = 60.0
"""300 stations that look for a centre that is away ask it some seven times a second."""
_SKEW_TOLD = 60.0
_FOLDER = typer.Option(..., "--folder", help="The scanner's inbox; archived files leave it.")
_OWN_FOLDER = typer.Option(None, "--spool", help=f"The agent's own folder ({_OWN} in the inbox).")


def add_commands(app: typer.Typer) -> None:
    """Add agent run, status and purge."""
    agent = typer.Typer(help="A branch's scans to headquarters.", no_args_is_help=True)
    agent.command("run")(run)
    agent.command("status")(status)
    agent.command("purge")(purge)
    app.add_typer(agent, name="agent")


def run(
    context: typer.Context,
    folder: Path = _FOLDER,
    server: str = typer.Option(..., "--server", help="Headquarters' site, https://…"),
    token_file: Path = typer.Option(..., "--token-file", help="File with the machine's token."),
    branch: str = typer.Option(..., "--branch", help="Branch where the paper is."),
    station: str = typer.Option("station-1", "--station", help="Scan station; one name each."),
    batch: str = typer.Option(None, "--batch", help="Name of the batch (the inbox's name)."),
    day: str = typer.Option(None, "--day", help="Business date of the vouchers (each day's own)."),
    spool: Path = _OWN_FOLDER,
    ca: Path = typer.Option(None, "--ca", help="Authority of headquarters' certificate (PEM)."),
    limit: float = typer.Option(0, "--limit-kb", min=0, help="At most so many kB a second."),
    every: float = typer.Option(5.0, "--every", min=0.1, help="Seconds between two looks."),
    quiet: float = typer.Option(1.0, "--quiet-seconds", min=0, help="A file rests so long."),
    sidecar: bool = typer.Option(False, "--require-sidecar", help="Only files with a note."),
    once: bool = typer.Option(False, "--once", help="One round, then end."),
) -> None:
    """Send what the scanner puts into its inbox, until stopped; it may be killed at any moment.

    A file leaves the inbox when headquarters says that both copies have it; a refused one goes into
    quarantine. With --once the exit code is 3 while anything waits.
    """
    session: Session = context.obj
    scan_files(folder)
    ledger = Ledger(spool or folder / _OWN)
    ledger.prepare()
    agent = Agent(
        folder,
        ledger,
        HttpLine.to(server, token_file, ca, version("paperproof"), session.terminal.lang),
        checked_branch(branch),
        station,
        batch or folder.resolve().name or "inbox",
        parsed_day(day) if day else None,
        ClaimRules(quiet, sidecar),
        Throttle(limit * 1000),
    )
    busy = say("Another agent works on {folder}; end that first.", folder=ledger.folder)
    with alone(ledger.folder / "agent.lock", busy):
        ledger.sweep(agent.now())
        _work(session.terminal, agent, every, once=once)
        if once and not agent_status(ledger, agent.now()).is_clear:
            raise typer.Exit(_LEFT_TO_DO)


def status(
    context: typer.Context,
    folder: Path = _FOLDER,
    spool: Path = _OWN_FOLDER,
    to_json: bool = typer.Option(False, "--json", help="One JSON object."),
) -> None:
    """Tell what waits at this station, what was sent and archived, what was refused, and what is wrong.

    Exit code 0: headquarters has everything; 3: it has not, or something is wrong.
    """
    session: Session = context.obj
    scan_files(folder)  # a mistyped folder is told, and is no station without a debt
    found = agent_status(Ledger(spool or folder / _OWN), datetime.now(ZONE))
    if to_json:
        told = as_json(found, session.terminal.lang)
        session.terminal.raw(json.dumps(told, ensure_ascii=False))
    else:
        _tell(session.terminal, found)
    if not found.is_clear:
        raise typer.Exit(_LEFT_TO_DO)


def purge(
    context: typer.Context,
    folder: Path = _FOLDER,
    server: str = typer.Option(..., "--server", help="Headquarters' site, https://…"),
    token_file: Path = typer.Option(..., "--token-file", help="File with the machine's token."),
    spool: Path = _OWN_FOLDER,
    ca: Path = typer.Option(None, "--ca", help="Authority of headquarters' certificate (PEM)."),
    delete: bool = typer.Option(False, "--delete", help="Remove what may go."),
    to_json: bool = typer.Option(False, "--json", help="One JSON object."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who does it (this account)."),
) -> None:
    """Tell which files still lie in inbox and quarantine, and whether headquarters has them.

    With --delete those go that headquarters has. Exit code 3: files are left.
    """
    session: Session = context.obj
    line = HttpLine.to(server, token_file, ca, version("paperproof"), session.terminal.lang)
    check = StationCheck(folder, Ledger(spool or folder / _OWN), line)
    judged, removal = check.judge(), Removal()
    may_go = [one for one in judged if one.is_safe and delete]
    for one, why in check.remove(may_go, session.acting(by), datetime.now(ZONE)):
        removal.enter(one.file.name, why)
    tell_account(session.terminal, judged, removal, to_json=to_json)


def _work(terminal: Terminal, agent: Agent, every: float, *, once: bool) -> None:
    """Round after round; after trouble the pauses grow, and differ from station to station."""
    failures, last = 0, Round()
    while True:
        done = agent.round()
        keep_round(agent, done)
        _tell_round(terminal, done, last)
        if once:
            return
        last = done
        failures = 0 if not done.trouble else 1 if done.byte_count else failures + 1
        backoff = min(_LONGEST_PAUSE, 2.0**failures) * random.uniform(0.5, 1.0)  # noqa: S311
        time.sleep(max(every, done.seconds, backoff if failures else 0.0))


def _tell_round(terminal: Terminal, done: Round, last: Round) -> None:
    if done.trouble and done.trouble != last.trouble:
        terminal.note(done.trouble)
    if last.trouble and not done.trouble:
        terminal.note(say("Headquarters takes files again."))
    for name, why in done.left.items():
        if name not in last.left and why != done.trouble:
            terminal.note(say("{name} stays in the inbox: {why}", name=name, why=why))
    if done.sent or done.archived or done.refused:
        terminal.tell(
            say(
                "{sent} files sent, {archived} archived, {refused} refused.",
                sent=done.sent,
                archived=done.archived,
                refused=done.refused,
            )
        )


def _tell(terminal: Terminal, found: AgentStatus) -> None:
    told = as_json(found, terminal.lang)
    if found.refused:
        terminal.table(
            say("Refused by headquarters"),
            [say("Page"), say("Business date"), say("Why")],
            [[one.name, str(one.day), one.reason] for one in found.refused],
        )
    for name, why in told["left"].items():
        terminal.tell(say("{name} stays in the inbox: {why}", name=name, why=why))
    terminal.tell(
        say(
            "{waiting} files wait, {sent} are sent and not archived yet, {archived} archived, {refused} "
            "refused of late; {bytes} bytes are still to be archived, the oldest for {minutes} minutes.",
            waiting=told["waiting"],
            sent=told["sent"],
            archived=told["archived"],
            refused=told["refused"],
            bytes=found.byte_count,
            minutes=round(found.oldest_seconds / 60),
        )
    )
    for one in _warnings(told):
        terminal.tell(one)


def _warnings(told: dict[str, object]) -> list[Message]:
    """What the last round met."""
    warnings = []
    ahead = told["clock_ahead_seconds"]
    if told["trouble"]:
        warnings.append(say("The last round met this: {trouble}", trouble=str(told["trouble"])))
    if told["last_round"] is None:
        warnings.append(say("The agent has not run here yet."))
    if isinstance(ahead, float) and abs(ahead) > _SKEW_TOLD:
        warnings.append(
            say(
                "This machine's clock is off by {minutes} minutes; days are told by headquarters' clock.",
                minutes=round(ahead / 60),
            )
        )
    if told["another_agent"]:
        warnings.append(
            say("Another agent reports under this station's name; give each its own --station.")
        )
    return warnings

"""Looking at the copies: verification when asked for, and the nightly upkeep."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flows.commands.session import Session, parsed_day
from flows.terminal import Terminal
from pipeline.clocks import ZONE
from pipeline.copies import Depth, size
from pipeline.errors import UserError
from pipeline.language import say
from storage.volumes import ColdShelf

if TYPE_CHECKING:
    from flows.copy_faults import Fault
    from flows.verified import Verified

REPAIRED = 3
CRITICAL = 1


def verify(
    context: typer.Context,
    depth: Depth = typer.Option(
        Depth.BYTES, "--depth", help="present, size, or every byte; what seems bad is read in full."
    ),
    everything: bool = typer.Option(False, "--all", help="All objects."),
    day: str = typer.Option(None, "--day", help="A business day's pages, their files and texts."),
    sample: bool = typer.Option(False, "--sample", help="Today's draw, as each night."),
    carrier: Path = typer.Option(
        None,
        "--carrier",
        help="Where a carrier is mounted: what is left in its volumes only is put back from there.",
    ),
) -> None:
    """Look at the copies in primary, replica and cold volumes; tell every fault and repair it.

    Exit code 0: all whole; 3: faults were repaired; 1: something is left bad or could not be looked at.
    """
    from flows.debts import pay_debts  # stores take their time to load
    from flows.stores import open_stores
    from flows.upkeep import drawn
    from flows.verify import Verifier

    session: Session = context.obj
    if [everything, day is not None, sample, carrier is not None].count(True) != 1:
        raise UserError(say("Say what to verify: --all, --day DAY, --sample or --carrier FOLDER."))
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        bar = stack.enter_context(session.terminal.progress(say("Verifying")))
        pay_debts(parts, stores.vault)
        verifications = parts.catalog.verifications
        if everything:
            scope, keys = "all", verifications.all_keys()
            bar.total(parts.catalog.copies.total()[0])
        else:
            if carrier is not None:
                volumes = _volumes_at(carrier)
                left = verifications.in_volumes_only()
                scope, some = "carrier", tuple(one.key for one in left if one.volume in volumes)
            elif sample:
                scope, some = "sample", drawn(parts, datetime.now(ZONE).date())
            else:
                scope, some = "day", verifications.keys_of_day(parsed_day(day))
            keys = iter(some)
            bar.total(len(some))
        mounted = (ColdShelf(carrier),) if carrier else ()
        verifier = Verifier(
            parts,
            stores,
            bar,
            lambda fault: _tell_fault(session.terminal, fault),
            mounted=mounted,
        )
        account = verifier.verify(keys, depth, scope)
    _tell_account(session.terminal, account)
    if not account.whole:
        raise typer.Exit(CRITICAL)
    if account.healed:
        raise typer.Exit(REPAIRED)


def _volumes_at(folder: Path) -> tuple[str, ...]:
    """The volumes of a mounted carrier; raises UserError when there is none."""
    shelf = ColdShelf(folder)
    if not (volumes := shelf.volumes()):
        raise UserError(
            say("{store} holds no volume; mount the carrier first.", store=shelf.describe())
        )
    return volumes


def nightly(context: typer.Context) -> None:
    """Keep the copies up: pay debts, sweep, verify what waits longest and a sample, repair; prove the log.

    To be run each night. Exit code 1: something is left that needs a person.
    """
    from flows.log_signing import key_file
    from flows.stores import open_stores  # stores take their time to load
    from flows.upkeep import Upkeep, keep_up

    session: Session = context.obj
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(
            open_stores(parts.workspace, parts.settings, parts.catalog, checked=False)
        )
        bar = stack.enter_context(session.terminal.progress(say("Nightly upkeep")))
        told = keep_up(
            Upkeep(
                parts,
                stores,
                bar,
                lambda fault: _tell_fault(session.terminal, fault),
                datetime.now(ZONE).date(),
            )
        )
        has_key = key_file(parts.workspace.audit(parts.settings)).exists()
    for message in told.messages:
        session.terminal.tell(message)
    if not (_log_is_proved(session) if has_key else _log_is_not_signed(session)) or told.critical:
        raise typer.Exit(CRITICAL)


def _log_is_proved(session: Session) -> bool:
    """Have the log signed and then verified, each by a process of its own; False when one finds a fault."""
    whole = True
    for act in ("sign", "verify"):
        call = (sys.executable, "-P", "-c", "from flows.cli import main; main()", "audit", act)
        at = ("--workspace", str(session.workspace), "--lang", session.terminal.lang)
        done = subprocess.run((*call, *at), capture_output=True, text=True, check=False)
        for line in (done.stdout + done.stderr).splitlines():
            session.terminal.raw(line)
        whole = whole and done.returncode == 0
    return whole


def _log_is_not_signed(session: Session) -> bool:
    session.terminal.note(
        say(
            "Nobody signs the log, so it could be rewritten; have the audit administrator run “paperproof "
            "audit key make”."
        )
    )
    return True


def sweep(context: typer.Context) -> None:
    """Hold objects, rows, receipts and the other store against each other; tell and repair what does not fit.

    Exit code 0: all fits; 3: what did not was repaired; 1: something needs a person.
    """
    from flows.stores import open_stores  # stores take their time to load
    from flows.sweep import sweep as swept
    from flows.verify import Verifier

    session: Session = context.obj
    with ExitStack() as stack:
        parts = stack.enter_context(session.open_parts())
        stores = stack.enter_context(open_stores(parts.workspace, parts.settings, parts.catalog))
        bar = stack.enter_context(session.terminal.progress(say("Sweeping")))
        found = swept(Verifier(parts, stores, bar, lambda one: _tell_fault(session.terminal, one)))
    for message in found.messages:
        session.terminal.tell(message)
    if not found.clean:
        raise typer.Exit(CRITICAL)
    if found.gaps.bad or found.receipts_made:
        raise typer.Exit(REPAIRED)


def settle(
    context: typer.Context,
    key: str = typer.Argument(help="The object, as “storage status” names it."),
    reason: str = typer.Option(..., "--reason", help="What was done: scanned again, restored."),
    by: str = typer.Option(None, "--as", metavar="NAME", help="Who says so (this account)."),
) -> None:
    """Say that an object without a good copy needs nothing more; it stays in the register."""
    session: Session = context.obj
    who = session.acting(by)
    with session.open_parts() as parts:
        lost = [one.key for one in parts.catalog.verifications.lost()]
        if key not in lost:
            raise UserError(
                say("{key} is not on the list of objects without a good copy.", key=key)
            )
        parts.catalog.verifications.settle(key, who, reason)
    session.terminal.tell(say("{key} is off the list.", key=key))


def _tell_fault(terminal: Terminal, fault: Fault) -> None:
    for message in fault.messages:
        terminal.tell(message)


def _tell_account(terminal: Terminal, account: Verified) -> None:
    from flows.upkeep import summary

    for message in summary(account):
        terminal.tell(message)
    if account.byte_count and account.seconds:
        terminal.tell(
            say(
                "{size} read in {seconds:.1f} s, {rate} a second.",
                size=size(account.byte_count),
                seconds=account.seconds,
                rate=size(int(account.byte_count / account.seconds)),
            )
        )

"""How long what is kept must stay, and the rule that says so."""

from __future__ import annotations

import typer

from flows.access import Guard
from flows.commands.session import Session, parsed_day
from flows.keeping import Keeper, rules_of
from flows.retention_shown import Shown, shown_bag, shown_customer, shown_page, shown_volume
from flows.terminal import Terminal
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.retention import MEDIA, Keeping, Trigger

_AS = typer.Option(None, "--as", metavar="NAME", help="Who asks (this account).")
_TRIGGERS = {
    Trigger.ACCOUNT_CLOSED: say("after the account was closed"),
    Trigger.BUSINESS_DAY: say("after the day of business"),
}


def add_commands(app: typer.Typer) -> None:
    """Add retention show and rules."""
    retention = typer.Typer(help="How long what is kept must stay.", no_args_is_help=True)
    retention.command("show")(show)
    retention.command("rules")(rules)
    app.add_typer(retention, name="retention")


def show(
    context: typer.Context,
    page: str = typer.Option(
        None,
        "--page",
        help="A transaction's serial number, or a page's SHA-256 from its beginning.",
    ),
    customer: str = typer.Option(None, "--customer", help="A customer's number: the whole bag."),
    bag: str = typer.Option(None, "--bag", help="Number of a bag or bound volume of papers."),
    volume: str = typer.Option(None, "--volume", help="Name of a cold volume, PP-000001."),
    on: str = typer.Option(None, "--on", help="As the rules are on this day (today)."),
    name: str = _AS,
) -> None:
    """Show until when something must stay, part by part, and which rule wins (CG-17.3f)."""
    asked = [one for one in (page, customer, bag, volume) if one is not None]
    if len(asked) != 1:
        raise UserError(
            say("Say what: --page PAGE, --customer NUMBER, --bag NUMBER or --volume NAME.")
        )
    session: Session = context.obj
    with session.open_parts() as parts:
        keeper = Keeper(parts, parsed_day(on))
        guard = Guard.at_word(parts, session.acting(name))
        if volume is not None:
            guard.require(Act.RETENTION_VIEW)
            shown = shown_volume(keeper, volume)
        else:
            shown = _asked(keeper, page, customer, bag)
            for branch in sorted(shown.branches):
                guard.require(Act.RETENTION_VIEW, branch)
    _tell(session.terminal, shown)


def _asked(keeper: Keeper, page: str | None, customer: str | None, bag: str | None) -> Shown:
    if page is not None:
        return shown_page(keeper, page)
    return (
        shown_customer(keeper, customer) if customer is not None else shown_bag(keeper, bag or "")
    )


def rules(context: typer.Context) -> None:
    """List the rules of this workspace; of those that apply the longest holds."""
    session: Session = context.obj
    lang = session.terminal.lang
    with session.open_parts() as parts:
        found = rules_of(parts)
    session.terminal.table(
        say("{count} rules", count=len(found)),
        (say("Rule"), say("Years"), say("Counted"), say("In force"), say("Of")),
        [
            (
                one.name,
                str(one.years),
                _TRIGGERS[one.trigger].in_language(lang),
                one.since.isoformat() if one.since.year > 1 else "–",
                ", ".join(MEDIA[medium].in_language(lang) for medium in one.media),
            )
            for one in found
        ],
    )


def _tell(terminal: Terminal, shown: Shown) -> None:
    whole, lang = shown.whole, terminal.lang
    if whole is None:
        terminal.tell(say("{name}: no page and no paper is in the archive.", name=shown.name))
        return
    terminal.table(
        say("{name}: {count} parts", name=shown.name, count=len(shown.parts)),
        (say("Kept until"), say("Rule"), say("Of"), say("What"), say("Why")),
        [
            (
                _until(one.keeping),
                one.keeping.rule,
                MEDIA[one.medium].in_language(lang),
                one.name if len(one.name) < _LONGEST else f"{one.name[: _LONGEST - 1]}…",
                one.keeping.why.in_language(lang),
            )
            for one in shown.parts
        ],
    )
    terminal.tell(_conclusion(shown.name, whole))


_LONGEST = 42


def _until(keeping: Keeping) -> str:
    return keeping.until.isoformat() if keeping.until else "∞"


def _conclusion(name: Message, whole: Keeping) -> Message:
    if whole.until is None:
        return say(
            "{name} must stay, no end is known. The rule that wins is {rule}: {why}.",
            name=name,
            rule=whole.rule,
            why=whole.why,
        )
    return say(
        "{name} must stay until {until}. The rule that wins is {rule}: {why}.",
        name=name,
        until=whole.until,
        rule=whole.rule,
        why=whole.why,
    )

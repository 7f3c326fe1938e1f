"""The register of destruction (销毁清册) of one list, to sign: PDF, HTML and twins in CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.reports.form import Form, FormColumn
from flows.destruction_sentences import said_of
from flows.form_writing import Shape, written
from flows.parts import Parts
from flows.terminal import moment
from pipeline.content import Content
from pipeline.destruction import ITEM_KINDS, METHODS, ORDER_STATES, Item, ItemKind, ItemState, Order
from pipeline.digital import PlaceKind
from pipeline.language import Message, say
from pipeline.staff import ROLES

_ORDER = Content(Order)
_COLUMNS = (
    FormColumn("no", say("No."), 10, number=True),
    FormColumn("kind", say("Kind of item"), 17),
    FormColumn("customer", say("Customer"), 23),
    FormColumn("what", say("What"), 38),
    FormColumn("sha256", say("SHA-256"), 36),
    FormColumn("size", say("Bytes, pages"), 16, number=True),
    FormColumn("until", say("Kept until, by"), 21),
    FormColumn("destroyed", say("Destroyed"), 23),
)


def register_content(parts: Parts, order: Order, shape: Shape, lang: str) -> bytes:
    """Return the register of a list in a shape; the JSON is the whole list, as the catalog has it."""
    if shape is Shape.JSON:
        return _ORDER.dump_text(order).encode()
    return written(register_form(parts, order, lang), shape, order.changed_at)


def register_form(parts: Parts, order: Order, lang: str) -> Form:
    """Return what stands on the register."""
    return Form(
        lang=lang,
        institution=parts.settings.institution,
        title=say("Register of destroyed customer records").in_language(lang),
        code=order.code,
        facts=[(name.in_language(lang), value) for name, value in _facts(order, lang)],
        columns=_COLUMNS,
        rows=[_row(parts, one, lang) for one in order.items],
        sums="\n".join(one.in_language(lang) for one in said_of(order)),
        signatures=[f"{role.in_language(lang)} {name}" for role, name in _signs(parts, order)],
    )


def _facts(order: Order, lang: str) -> Iterator[tuple[Message, str]]:
    yield say("List"), str(order.no)
    yield say("Branch"), order.branch
    yield say("Listed"), moment(order.at)
    yield say("Items"), str(len(order.items))
    yield say("State"), ORDER_STATES[order.state].in_language(lang)
    yield say("SHA-256"), f"{order.sha256[:24]}…"


def _row(parts: Parts, one: ItemState, lang: str) -> tuple[str, ...]:
    item = one.item
    return (
        str(one.no),
        ITEM_KINDS[item.kind].in_language(lang),
        item.customer_no,
        _name(parts, one),
        item.sha256,
        f"{item.size:,}",
        f"{item.until} {item.rule}" if item.until else "",
        _destroyed(one, lang),
    )


def _destroyed(one: ItemState, lang: str) -> str:
    """When, how and by whom; or why it was not."""
    if one.withdrawn:
        return f"{say('taken off').in_language(lang)} {one.withdrawn}"
    if one.gone_at and one.method:
        return f"{moment(one.gone_at)} {METHODS[one.method].in_language(lang)} {one.done_by}"
    return ""


def _name(parts: Parts, one: ItemState) -> str:
    """What people call it: the file that a page came in, with its branch and day."""
    if one.item.kind in (ItemKind.PAPER, ItemKind.BACKUP):
        return one.item.name
    if one.item.kind in (ItemKind.DIGITAL, ItemKind.PLACE):
        return _file_name(parts, one.item)
    came = parts.catalog.verifications.came(one.item.name.rpartition("/")[2].partition(".")[0])
    return f"{came.branch}/{came.day}/{came.name}" if came else one.item.name.partition("/")[0]


def _file_name(parts: Parts, item: Item) -> str:
    """Package and name of a born-digital file; of its copy on a disc or server, where that is."""
    kind = item.name.partition("@")[2]
    for _, package in parts.catalog.digital.holders([item.sha256]):
        filed = parts.catalog.digital.known(package.id)
        for no, file in enumerate(package.files, start=1):
            if filed is not None and file.sha256 == item.sha256:
                place = filed.place(no, PlaceKind(kind)) if kind else ""
                return f"{package.number}/{file.name}" + (f" ({place})" if place else "")
    return item.name


def _signs(parts: Parts, order: Order) -> Iterator[tuple[Message, str]]:
    """Who signs, with the name where it is known; at least as many supervisors as the rules want."""
    yield say("Listed by (signature, date)"), order.listed_by
    spoken = {one.role: one.person for one in order.opinions}
    for role in parts.settings.destruction.chain:
        yield say("{role} (signature, date)", role=ROLES[role]), spoken.get(role, "")
    decided = order.decision.person if order.decision else ""
    yield say("Risk committee (signature, date)"), decided
    present = list(dict.fromkeys(one.person for one in order.attendances))
    lacking = max(0, parts.settings.destruction.min_supervisors - len(present))
    for name in (*present, *[""] * lacking):
        yield say("Supervisor (signature, date)"), name
    doers = dict.fromkeys(one.done_by for one in order.items if one.done_by)
    yield say("Carried out by (signature, date)"), " ".join(doers)
    yield say("Verified by (signature, date)"), order.verified_by

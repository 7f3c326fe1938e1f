"""Keyed values lie over what was read, however often it was read; the reading stays."""

from pipeline.balance import CatalogedPage
from pipeline.keying.overlay import with_keyed
from pipeline.keying.tasks import Act, ActKind, Cause, KeyingTask
from pipeline.model import Box, FieldName, FieldValue

PLACE = Box(1, 2, 3, 4)


def page(**values: str) -> CatalogedPage:
    fields = {
        FieldName(name): FieldValue(FieldName(name), value, 0.5, "rapidocr", PLACE)
        for name, value in values.items()
    }
    return CatalogedPage("page-1", "delivery-1", "0001.jpg", "3301", 1, "admitted", fields=fields)


def task(field: FieldName, *values: str) -> KeyingTask:
    acts = tuple(
        Act(person, ActKind.VALUE, value) for person, value in zip("abc", values, strict=False)
    )
    return KeyingTask(1, "page-1", field, Cause.UNSURE, acts)


def told(pages: tuple[CatalogedPage, ...]) -> dict[str, tuple[str, str, float, Box]]:
    (one,) = pages
    return {
        str(name): (value.value, value.source, value.confidence, value.box)
        for name, value in one.fields.items()
    }


def test_a_settled_value_takes_the_place_of_the_read_one() -> None:
    read = page(customer_name="余伶", amount="1.00")
    keyed = with_keyed([read], [task(FieldName.CUSTOMER_NAME, "余玲")])
    assert told(keyed)["customer_name"] == ("余玲", "keyed", 0.9971, PLACE)
    assert told(keyed)["amount"] == ("1.00", "rapidocr", 0.5, PLACE)
    assert read.fields[FieldName.CUSTOMER_NAME].value == "余伶"


def test_a_value_keyed_twice_is_surer_and_may_stand_where_nothing_was_read() -> None:
    keyed = with_keyed([page()], [task(FieldName.AMOUNT, "1.00", "1.00")])
    assert told(keyed) == {"amount": ("1.00", "keyed", 0.9986, Box(0, 0, 0, 0))}


def test_what_is_not_settled_leaves_the_reading_as_it_was() -> None:
    read = page(amount="1.00")
    for values in ((), ("2.00",), ("2.00", "3.00")):
        assert with_keyed([read], [task(FieldName.AMOUNT, *values)]) == (read,)


def test_a_page_read_again_keeps_what_was_keyed() -> None:
    settled = task(FieldName.AMOUNT, "2.00", "2.00")
    for read in ("1.00", "7.00"):
        assert told(with_keyed([page(amount=read)], [settled]))["amount"][0] == "2.00"

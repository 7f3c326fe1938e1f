"""How the fates of misfed pages are counted."""

import json

from bench.misfeeds import Fate
from pipeline.model import Box, FieldName, FieldValue, Reading
from pipeline.specimens.misfeeds import MisfedPage

VALUES = {FieldName.CUSTOMER_NO: "123456", FieldName.FUND_ACCOUNT: "777", FieldName.AMOUNT: "1.00"}


def reading(values: dict[FieldName, tuple[str, float]], *doubts: str) -> Reading:
    place = Box(0, 0, 1, 1)
    fields = {name: FieldValue(name, *one, "hand", place) for name, one in values.items()}
    return Reading((), fields, (), "hand", 0.0, 0.0, doubts)


def test_each_value_is_right_sent_to_people_or_wrong_and_the_figures_are_json() -> None:
    fate = Fate("mirrored")
    seen = reading(
        {
            FieldName.CUSTOMER_NO: ("123456", 0.9),
            FieldName.FUND_ACCOUNT: ("771", 0.79),
            FieldName.AMOUNT: ("9.00", 0.8),
        },
        "mirrored",
    )
    fate.add(MisfedPage(b"", VALUES), seen)
    fate.add(MisfedPage(b"", VALUES), reading({}))
    assert (fate.pages, fate.right, fate.to_people, len(fate.wrong)) == (2, 1, 4, 1)
    told = json.loads(json.dumps(fate.figures()))
    assert (told["doubts"], told["unnamed"]) == ({"mirrored": 1}, 1)

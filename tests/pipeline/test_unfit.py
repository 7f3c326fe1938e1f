"""What does not hold is told by its place and in words that have a translation."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.language import say
from pipeline.unfit import Unfit, at, first_of


class Colour(StrEnum):
    GREY = "grey"


@dataclass(frozen=True)
class Part:
    depth: Annotated[int, Field(ge=1, lt=9)] = 1


class Sample(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(pattern="^[a-z]+$")] = "a"
    size: float = 1.0
    begun: date = date(2026, 1, 1)
    colour: Colour = Colour.GREY
    way: Literal["up", "down"] = "up"
    parts: tuple[Part, ...] = ()
    whole: bool = True
    own: str = ""

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        if value:
            raise Unfit(say("there is no such entry"), "within")
        return value


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "A"}, "name：须符合格式 ^[a-z]+$"),
        ({"name": 1}, "name：应为文本"),
        ({"size": "big"}, "size：应为数字"),
        ({"begun": "soon"}, "begun：应为 2026-11-19 这样的日期"),
        ({"colour": "red"}, "colour：须为以下之一：'grey'"),
        ({"way": "left"}, "way：须为以下之一：'up', 'down'"),
        ({"parts": [{"depth": 0}]}, "parts.1.depth：不得小于 1"),
        ({"parts": [{}, {"depth": 9}]}, "parts.2.depth：须小于 9"),
        ({"parts": 7}, "parts：应为列表"),
        ({"parts": ["x"]}, "parts.1：应为一组条目"),
        ({"whole": "perhaps"}, "whole：应为 true 或 false"),
        ({"other": 1}, "other：没有此条目"),
        ({"own": "x"}, "own.within：没有此条目"),
    ],
)
def test_each_kind_of_mistake_is_told_in_chinese(told: object, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(told)
    assert at(*first_of(caught.value)).in_language("zh") == words

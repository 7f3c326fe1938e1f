"""No list has two columns of one heading, in either language: a reader could not tell them apart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipeline.language import LANGUAGES, say

ROOT = Path(__file__).parent.parent
PACKAGES = ("catalog", "flows", "web", "pipeline/audit")
_ROW = re.compile(r"<tr>((?:(?!</tr>).)*?<th scope=\"col\".*?)</tr>", re.DOTALL)
_SAID = re.compile(r"say\(\"([^\"{]*)\"\)")


def headings() -> Iterator[tuple[str, list[str]]]:
    """Give every tuple and list of two sentences or more, and every head of a table in a template."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            named = {
                target.id: one.value
                for one in tree.body
                if isinstance(one, ast.Assign)
                for target in one.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Tuple | ast.List):
                    yield f"{path}:{node.lineno}", list(_said(node, named))
        for path in sorted((ROOT / package).rglob("*.j2")):
            for row in _ROW.findall(path.read_text("utf-8")):
                yield str(path), _SAID.findall(row)


def _said(node: ast.expr, named: Mapping[str, ast.expr]) -> Iterator[str]:
    """The plain sentences of a list: its own, its columns', those of lists within it."""
    match node:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for one in elements:
                yield from _said(one, named)
        case ast.Starred(value=ast.Name(id=name)) if name in named:
            yield from _said(named[name], named)
        case ast.Starred(
            value=ast.Subscript(
                value=ast.Name(id=name), slice=ast.Slice(lower=None, upper=ast.Constant(value=end))
            )
        ) if name in named:
            yield from list(_said(named[name], named))[: int(str(end))]
        case ast.Starred(value=value):
            yield from _said(value, named)
        case ast.Call(func=ast.Name(id="say"), args=[ast.Constant(value=str(text))], keywords=[]):
            yield text
        case ast.Call(args=arguments):
            yield from (
                text for one in arguments if isinstance(one, ast.Call) for text in _said(one, named)
            )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_list_has_two_columns_of_one_heading(lang: str) -> None:
    found, twice = 0, []
    for place, sentences in headings():
        words = [say(one).in_language(lang) for one in sentences]
        found += len(words) > 3
        twice += [(place, word) for word in {*words} if words.count(word) > 1]
    assert found > 100
    assert not twice

"""Sentences and their translations: every say("…") of the five packages is held to the same rules."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from pipeline.language import LANGUAGES, _translations, say

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipeline", "ingest", "storage", "catalog", "flows")
PO = ROOT / "pipeline/locale/zh_CN/paperproof.po"

FILLED_LATER = {"pipeline/refusals.py", "pipeline/alert_rules.py"}
"""Modules that keep sentences with open places and fill them when the values are known."""


def places(template: str) -> set[str]:
    """Names of the places in a template; raises ValueError where its braces do not pair."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def said() -> Iterator[tuple[str, str | None, set[str] | None]]:
    """Yield where, template (None if no literal) and given places (None if not to be seen) of each call."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                    literal = node.args[0] if node.args else None
                    text = literal.value if isinstance(literal, ast.Constant) else None
                    given = {keyword.arg for keyword in node.keywords}
                    names = None if None in given else {name for name in given if name}
                    yield (
                        f"{path.relative_to(ROOT)}:{node.lineno}",
                        text if isinstance(text, str) else None,
                        names,
                    )
        for path in sorted((ROOT / package).rglob("*.j2")):
            for call in Environment().parse(path.read_text("utf-8")).find_all(nodes.Call):
                if isinstance(call.node, nodes.Name) and call.node.name == "say":
                    first = call.args[0] if call.args else None
                    text = first.value if isinstance(first, nodes.Const) else None
                    yield (
                        f"{path.relative_to(ROOT)}:{call.lineno}",
                        text,
                        {each.key for each in call.kwargs},
                    )


def test_a_sentence_in_both_languages() -> None:
    blank = say("The page repeats {first}.", first="0004.jpg")
    assert str(blank) == blank.in_language("en") == "The page repeats 0004.jpg."
    assert blank.in_language("zh") == "该页与 0004.jpg 重复。"


def test_a_sentence_within_a_sentence_follows_the_language() -> None:
    nested = say("The page repeats {first}.", first=say("The page is blank."))
    assert nested.in_language("zh") == "该页与 该页为空白页。 重复。"


def test_values_are_not_taken_for_templates() -> None:
    assert (
        str(say("The page repeats {first}.", first="{0}{oops}%s"))
        == "The page repeats {0}{oops}%s."
    )


def test_a_sentence_without_translation_is_told_in_english() -> None:
    template = "Nobody translated this."
    assert [say(template).in_language(lang) for lang in LANGUAGES] == [template, template]


def test_every_sentence_is_literal_and_given_its_places() -> None:
    calls = list(said())
    assert len(calls) > 50, "the search for sentences found too few to be believed"
    not_literal = [where for where, template, _ in calls if template is None]
    assert not_literal == []
    misgiven = [
        f"{where}: {template}"
        for where, template, given in calls
        if template is not None
        and given is not None
        and places(template) != given
        and (given or where.partition(":")[0] not in FILLED_LATER)
    ]
    assert misgiven == []


def test_translations_have_the_places_of_their_sentences() -> None:
    with PO.open("rb") as opened:
        messages = [message for message in read_po(opened) if message.id and message.string]
    assert messages
    unlike = [
        f"{message.id} -> {message.string}"
        for message in messages
        if places(str(message.id)) != places(str(message.string))
    ]
    assert unlike == []


def test_chinese_sentences_have_chinese_punctuation() -> None:
    """Full-width signs between Chinese words (GB/T 15834-2011 5); numbers in a list keep the narrow comma."""
    narrow = re.compile(r"[\u4e00-\u9fff}][,;:?!](?:[\u4e00-\u9fff]{2}|\{)")
    with PO.open("rb") as opened:
        said = [str(message.string) for message in read_po(opened) if message.id]
    assert len(said) > 50
    assert [sentence for sentence in said if narrow.search(sentence)] == []


def test_translations_are_read_as_the_tools_read_them() -> None:
    with PO.open("rb") as opened:
        told = {str(message.id): str(message.string) for message in read_po(opened) if message.id}
    assert told
    for template, translation in told.items():
        assert _translations("zh").get(template) == translation


def test_the_translation_is_complete_and_holds_nothing_else() -> None:
    compared = subprocess.run(
        [sys.executable, ROOT / "script/translations"], capture_output=True, text=True, check=False
    )
    assert compared.returncode == 0, (
        f"run script/translations --update\n{compared.stdout}{compared.stderr}"
    )


def test_the_comparison_sees_what_lacks(tmp_path: Path) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "script").mkdir()
    script = tmp_path / "script/translations"
    script.write_text((ROOT / "script/translations").read_text("utf-8"), "utf-8")
    po = tmp_path / "pipeline/locale/zh_CN/paperproof.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid ""\nmsgstr ""\n\nmsgid "Old."\nmsgstr "旧"\n', "utf-8")
    (tmp_path / "catalog/a.py").write_text('say("New " "{one}.", one=1)\n', "utf-8")
    (tmp_path / "flows/b.html.j2").write_text('{{ say("Paper.") }}\n', "utf-8")

    def run(*arguments: str) -> tuple[int, list[str]]:
        done = subprocess.run(
            [sys.executable, script, *arguments], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.splitlines()

    lacking = ["lacks translation:  New {one}.", "lacks translation:  Paper."]
    assert run() == (1, [*lacking, "no longer needed:   Old."])
    assert run("--update") == (1, lacking)
    filled = po.read_text("utf-8").replace(
        'msgid "New {one}."\nmsgstr ""', 'msgid "New {one}."\nmsgstr "新{one}"'
    )
    po.write_text(
        filled.replace('msgid "Paper."\nmsgstr ""', 'msgid "Paper."\nmsgstr "纸"'), "utf-8"
    )
    assert run() == (0, [])


GREETER = '''
import typer

app = typer.Typer()


@app.command()
def greet(loud: int = typer.Option(1, help="How loud.")) -> None:
    """Greet {nobody}.

    Twice.
    """
'''


def test_the_comparison_sees_help_that_lacks(tmp_path: Path) -> None:
    for package in (*PACKAGES, "script"):
        (tmp_path / package).mkdir()
    for same in (
        "script/translations",
        "flows/__init__.py",
        "flows/told_help.py",
        "pipeline/__init__.py",
        "pipeline/language.py",
    ):
        (tmp_path / same).write_text((ROOT / same).read_text("utf-8"), "utf-8")
    po = tmp_path / "pipeline/locale/zh_CN/paperproof.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid ""\nmsgstr ""\n\nmsgid "How loud."\nmsgstr "音量。"\n', "utf-8")
    (tmp_path / "flows/cli.py").write_text(GREETER, "utf-8")
    ran = subprocess.run(
        [sys.executable, tmp_path / "script/translations"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "lacks translation:  Greet {nobody}.\n\nTwice." in ran.stdout
    assert "How loud." not in ran.stdout

"""The profile, read from YAML: document types, what their scans must meet, what each business asks for.

A type's rules are dated versions; the one in force on the page's business day is taken whole, above the
workspace's general rules. What a page was checked against stands with it, so it can be told later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, PositiveInt, ValidationError, model_validator

from pipeline.document_types import Dated, DocumentType, Part, RuleVersion
from pipeline.errors import UserError, refused_by_system
from pipeline.language import Message, Named, say
from pipeline.model import identity
from pipeline.scan_rules import PAPERS, PaperSize, ScanRules, as_json, changed
from pipeline.secrecy import LEVELS, Ladder, Level
from pipeline.tasks.businesses import Business, TaskVersion
from pipeline.unfit import Unfit, at, first_of

GENERAL = "general"
"""Source of the rules of pages whose type is not known."""


@dataclass(frozen=True)
class RulesInForce:
    """What a page is checked against, and where that comes from."""

    source: str
    """Profile, version, type and first day, like "brokerage 1 ID_F 2018-01-01"; or "general"."""
    document_type: str | None
    rules: ScanRules

    @property
    def id(self) -> str:
        """Identity of source and values: rules that differ in anything have another."""
        return identity(self.source, *sorted(as_json(self.rules).items()))


class Retention(Part):
    """How long something is kept, at least."""

    trigger: Literal[
        "none", "account_closed", "relationship_end", "transaction_end", "fiscal_year_end"
    ]
    """What the years are counted from."""
    years: PositiveInt | Literal["permanent"]
    medium: Literal["paper", "electronic", "both"] = "both"
    in_force: bool = True


class Profile(Part):
    """The papers and businesses of one kind of institution."""

    profile: str
    version: int = Field(ge=1)
    papers: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Papers beside the known ones: name -> width and height in millimetres."""
    categories: dict[str, Named]
    types: dict[str, DocumentType]
    businesses: dict[str, Business] = Field(default_factory=dict)
    """Business code of the stream -> what it asks for; of a code that is not here no tasks are made."""

    lending: bool = False
    """Whether this kind of institution may lend originals (B1-06); a brokerage may not (CG-19j)."""

    retention: dict[str, Retention] = Field(default_factory=dict)
    """Rules of how long papers and images are kept, by their names; the longest that applies holds."""

    secrecy: tuple[Level, ...] = Field(default=LEVELS, min_length=1)
    """Levels of secrecy, the lowest first (RC-12)."""

    @property
    def ladder(self) -> Ladder:
        """The levels of secrecy in their order."""
        return Ladder(self.secrecy)

    @model_validator(mode="after")
    def _known_levels(self) -> Profile:
        codes = [one.code for one in self.secrecy]
        for number, code in enumerate(codes, start=1):
            if code in codes[: number - 1]:
                raise Unfit(say("{code} stands twice", code=code), f"secrecy.{number}.code")
        for code, kind in self.types.items():
            if kind.secrecy is not None and kind.secrecy not in codes:
                why = say("there is no level of secrecy {level}", level=kind.secrecy)
                raise Unfit(why, f"types.{code}.secrecy")
        return self

    @model_validator(mode="after")
    def _known_names(self) -> Profile:
        for code, kind in self.types.items():
            if kind.category not in self.categories:
                place = f"types.{code}.category"
                raise Unfit(say("there is no category {category}", category=kind.category), place)
            self._must_be_types(f"types.{code}.satisfies", kind.satisfies)
            for number, version in enumerate(kind.rules, start=1):
                try:
                    changed(ScanRules(), self._changes(version))
                except ValueError as error:
                    place, why = first_of(error)
                    raise Unfit(why, f"types.{code}.rules.{number}.{place}".rstrip(".")) from error
        return self

    @model_validator(mode="after")
    def _known_papers(self) -> Profile:
        for code, business in self.businesses.items():
            if code in self.types:
                raise Unfit(say("a document type has this code"), f"businesses.{code}")
            for number, version in enumerate(business.tasks, start=1):
                place = f"businesses.{code}.tasks.{number}"
                self._must_be_types(place, [one for one, _ in version.needs])
                for condition in version.conditional.values():
                    unknown = set(condition.codes) - set(self.businesses)
                    if unknown:
                        why = say("there is no business {code}", code=min(unknown))
                        raise Unfit(why, f"{place}.conditional")
        return self

    def _must_be_types(self, place: str, codes: Iterable[str]) -> None:
        for code in codes:
            if code not in self.types:
                raise Unfit(say("there is no document type {code}", code=code), place)

    def type_of(self, code: str) -> DocumentType:
        """Return a document type; raises UserError when there is none of that code."""
        if code not in self.types:
            raise UserError(
                say(
                    "The profile {profile} has no document type {code}; “paperproof profile show” "
                    "lists those it has.",
                    profile=self.profile,
                    code=code,
                )
            )
        return self.types[code]

    def tasks_in_force(self, code: str, day: date) -> tuple[str, TaskVersion] | None:
        """Return what a business asks for on a day, and where that stands; None when it asks for nothing."""
        business = self.businesses.get(code)
        version = business.version_on(day) if business else None
        return (self._source(code, version), version) if version else None

    def _source(self, code: str, version: Dated) -> str:
        begun = version.since.isoformat() if version.since else ""
        return f"{self.profile} {self.version} {code} {begun}".rstrip()

    def rules_in_force(self, code: str | None, day: date, general: ScanRules) -> RulesInForce:
        """Return what a page of a type must meet on a business day, above the ``general`` rules.

        Without a type, and before a type's first version, it is the general rules.
        """
        rules = general.on(day)
        version = self.type_of(code).version_on(day) if code else None
        if version is None:
            return RulesInForce(GENERAL, code, rules)
        try:
            source = self._source(code or GENERAL, version)
            return RulesInForce(source, code, changed(rules, self._changes(version)))
        except ValueError as error:
            raise UserError(
                say(
                    "The rules of document type {code} cannot stand above the general rules ({why}); "
                    "mend [scan] in the workspace's settings, or the profile.",
                    code=code or GENERAL,
                    why=at(*first_of(error)),
                )
            ) from error

    def _changes(self, version: RuleVersion) -> Mapping[str, Any]:
        """The version's changes, its papers by their sizes."""
        if not isinstance(version.changes.get("papers"), list):
            return version.changes
        known = {paper.name: paper for paper in PAPERS} | {
            name: PaperSize(name, *size) for name, size in self.papers.items()
        }
        named = version.changes["papers"]
        unknown = [name for name in named if name not in known]
        if unknown:
            raise Unfit(say("there is no paper {paper}", paper=unknown[0]), "papers")
        return {**version.changes, "papers": [known[name] for name in named]}


SHIPPED = ("brokerage", "hospital")
"""Profiles that come with the program; the first is a securities brokerage's branch."""


def shipped_profile(name: str = SHIPPED[0]) -> Profile:
    """Return a profile that comes with the program, one of ``SHIPPED``."""
    return _parsed((files("pipeline") / "profiles" / f"{name}.yaml").read_text("utf-8"))


def load_profile(path: Path) -> Profile:
    """Read a profile; raises UserError naming the file, the type and the key that does not hold."""
    return read_profile(profile_text(path), str(path))


def profile_text(path: Path) -> str:
    """Return a profile's text; raises UserError when the file cannot be read as text."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise UserError(say("There is no file {path}; check the path.", path=path)) from error
    except OSError as error:
        raise UserError(
            say(
                "{path} cannot be read ({why}); check its rights.",
                path=path,
                why=refused_by_system(error),
            )
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(say("{path} is no text in UTF-8; save it as that.", path=path)) from error


def read_profile(text: str, path: str) -> Profile:
    """Read a profile's text; raises UserError as ``load_profile``, under the name ``path``."""
    try:
        return _parsed(text)
    except _NoProfileError as error:
        raise UserError(
            say("{path} holds no document types; write it as docs/profile.md shows.", path=path)
        ) from error
    except yaml.YAMLError as error:
        raise UserError(
            say("{path} cannot be read: {why}; mend that line.", path=path, why=_line(error))
        ) from error
    except ValidationError as error:
        raise UserError(
            say(
                "{path}: {what}; mend this entry and run “paperproof profile check”.",
                path=path,
                what=at(*first_of(error)),
            )
        ) from error


class _TwiceError(yaml.YAMLError):
    """A key stands twice in one place."""

    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.message = say("{key} stands twice, again in line {line}", key=key, line=line)


class _OnceEach(yaml.CSafeLoader):
    """Refuses a key that stands twice in one place, where YAML would quietly take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping; raises an error for a repeated key."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise _TwiceError(key.value, key.start_mark.line + 1)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _NoProfileError(Exception):
    """A file that is YAML, but no mapping."""


def _parsed(text: str) -> Profile:
    told = yaml.load(text, _OnceEach)  # noqa: S506 - a SafeLoader
    if not isinstance(told, dict):
        raise _NoProfileError
    return Profile.model_validate(told)


def _line(error: yaml.YAMLError) -> Message:
    """Tell where YAML cannot be read."""
    if isinstance(error, _TwiceError):
        return error.message
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return say("it is no YAML")
    return say("line {line}, column {column}", line=mark.line + 1, column=mark.column + 1)

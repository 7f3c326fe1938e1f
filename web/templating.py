"""Pages from templates: escaped, in the visitor's language, and a fault when something is lacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from flows.terminal import moment
from pipeline.language import Message, Named
from web.on_site import on_site


@dataclass(frozen=True)
class Templates:
    """The site's templates; loaded once, filled by several threads."""

    environment: Environment

    @classmethod
    def load(cls) -> Templates:
        """Find the templates that lie beside this package's modules."""
        return cls(
            Environment(
                loader=PackageLoader("web"),
                autoescape=True,
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                auto_reload=False,
            )
        )

    def fill(self, template: str, lang: str, **parts: Any) -> str:
        """Fill a template in ``lang`` ("zh" or "en"); its own words are written there as say("…")."""

        def say(sentence: str, **values: Any) -> str:
            return on_site(Message(sentence, tuple(values.items())).in_language(lang), lang)

        def told(said: Message | Named) -> str:
            return on_site(said.in_language(lang), lang)

        found = self.environment.get_template(template)
        return found.render(say=say, told=told, moment=moment, lang=lang, **parts)

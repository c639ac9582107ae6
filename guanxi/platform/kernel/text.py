"""A phrase in both languages of the product, resolved when it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation

LANGUAGES = ("zh", "en")


def current_language() -> str:
    """'zh' or 'en', from Django's active language; Chinese unless English is asked for."""
    active = translation.get_language() or "zh-hans"
    return "en" if active.lower().startswith("en") else "zh"


@dataclass(frozen=True, slots=True)
class Text:
    """Both languages of one phrase.

    `str(text)` is the phrase in the active language, so a Text may be made at import time and
    shown to anybody. `text.format(n=3)` fills `{n}` in both.
    """

    zh: str
    en: str

    def __str__(self) -> str:
        return self.in_language(current_language())

    def __html__(self) -> str:
        from django.utils.html import escape

        return escape(str(self))

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def in_language(self, language: str) -> str:
        """The phrase in `language` ('zh' or 'en')."""
        return self.en if language == "en" else self.zh

    def format(self, **values: object) -> Text:
        """The same phrase with its placeholders filled; a Text among the values keeps its language."""

        def fill(phrase: str, language: str) -> str:
            said = {
                name: value.in_language(language) if isinstance(value, Text) else value
                for name, value in values.items()
            }
            return phrase.format(**said)

        return Text(fill(self.zh, "zh"), fill(self.en, "en"))

    @classmethod
    def of(cls, value: object) -> Text:
        """A Text from a Text, a mapping with zh and en (as packs hold them), or one plain string."""
        if isinstance(value, Text):
            return value
        if isinstance(value, dict):
            return cls(str(value.get("zh", "")), str(value.get("en", "")))
        return cls(str(value), str(value))

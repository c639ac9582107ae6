"""Sentences in both languages. As results hold them `sentence` is the English one, `sentence_zh` the Chinese one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Said(NamedTuple):
    """A sentence, or a part of one, in both languages."""

    zh: str
    en: str

    def format(self, **values: object) -> Said:
        """The same with its placeholders filled."""
        return Said(self.zh.format(**values), self.en.format(**values))

    def in_language(self, language: str) -> str:
        """The one in `language` ('zh' or 'en')."""
        return self.zh if language == "zh" else self.en


class Unusable(ValueError):
    """What was given cannot be used. `said` says why, a sentence for each thing that is wrong; as a text it is English."""

    def __init__(self, *said: Said) -> None:
        self.said = said
        super().__init__("\n".join(one.en for one in said))


class Saying(Protocol):
    """What holds a sentence. `sentence_zh` is empty in plans that were written before there was one."""

    @property
    def sentence(self) -> str: ...
    @property
    def sentence_zh(self) -> str: ...


def in_language(of: Saying, language: str) -> str:
    """The sentence in `language` ('zh' or 'en'); in English where there is no Chinese one."""
    return of.sentence_zh if language == "zh" and of.sentence_zh else of.sentence


def listed_days(days: Iterable[int], most: int | None = None) -> Said:
    """Days with commas between, at most so many of them: 1、3 and 1, 3."""
    every = list(days)
    shown = [str(day) for day in every[:most]]
    more = len(shown) < len(every)
    return Said("、".join(shown) + (" 等" if more else ""), ", ".join(shown) + (" …" if more else ""))

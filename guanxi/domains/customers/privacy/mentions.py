"""By what a person is spoken of in free text: names, numbers, addresses; finding them and striking them out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

STRUCK = "〔已抹除〕"
_CJK = re.compile(r"[\u3400-\u9fff]")
_DIGITS_AT_LEAST = 7
_BETWEEN = r"[\s\-.()（）/·]{0,3}"


@dataclass(frozen=True, slots=True)
class Mentions:
    """A person's names and numbers, and longer names of others that hold one of theirs and are left alone."""

    names: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    """E-mail addresses and WeChat names."""
    numbers: tuple[str, ...] = ()
    """Digits only, without the country's code."""
    others: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.marks or self.numbers)

    @property
    def alone(self) -> Mentions:
        """Only what can mean nobody else: for texts that have nothing to do with the customer."""
        return Mentions((), self.marks, self.numbers)

    def pattern(self) -> re.Pattern[str]:
        """Matches what is left alone in group 1, what is struck outside it."""
        kept = "|".join(re.escape(o) for o in sorted(self.others, key=len, reverse=True))
        wanted = [_number(n) for n in self.numbers]
        wanted += [_word(m) for m in self.marks]
        wanted += [_word(n) for n in sorted(self.names, key=len, reverse=True)]
        return re.compile((f"({kept})|" if kept else "()(?!)|") + "|".join(wanted), re.IGNORECASE)


def _word(text: str) -> str:
    """A name in Latin letters only as a word of its own: Li is no part of Lisa."""
    found = re.escape(text)
    return found if _CJK.search(text) else rf"(?<![\w]){found}(?![\w])"


def _number(digits: str) -> str:
    """The digits however they are parted, with the country's code or without, never inside a longer number."""
    return rf"(?<!\d)(?:\+?0{{0,2}}86{_BETWEEN})?" + _BETWEEN.join(digits) + r"(?!\d)"


def mentions(
    names: Iterable[str], phones: Iterable[str], marks: Iterable[str], others: Iterable[str] = ()
) -> Mentions:
    """From what a row and its changes held. phones: any text with digits, or E.164. A name of one sign says nothing."""
    own = {n.strip() for n in names}
    own = {n for n in own if len(n) >= (2 if _CJK.search(n) else 3)}
    numbers = {d for p in phones for d in digits_of(p)}
    found = {m.strip() for m in marks}
    longer = {o for o in others if o not in own and any(n in o for n in own)}
    return Mentions(
        tuple(sorted(own)),
        tuple(sorted(m for m in found if len(m) >= 4)),
        tuple(sorted(numbers)),
        tuple(sorted(longer)),
    )


def digits_of(text: str) -> list[str]:
    """The numbers in a text, digits only, without China's code."""
    found = []
    for part in re.split(r"[,;、，；\n]|\s{2,}|转|#|ext", text):
        digits = re.sub(r"\D", "", part)
        if part.strip().startswith(("+86", "0086")):
            digits = digits.removeprefix("00").removeprefix("86")
        if len(digits) >= _DIGITS_AT_LEAST:
            found.append(digits)
    return found


@dataclass(slots=True)
class Striker:
    """Strikes a person's names and numbers out of texts and plain data."""

    pattern: re.Pattern[str]

    @classmethod
    def of(cls, wanted: Mentions) -> Striker | None:
        return cls(wanted.pattern()) if wanted else None

    def meets(self, value: Any) -> bool:
        """Whether the person is spoken of anywhere in it."""
        if isinstance(value, str):
            return any(m.group(1) is None or not m.group(1) for m in self.pattern.finditer(value))
        if isinstance(value, dict):
            return any(self.meets(part) for pair in value.items() for part in pair)
        return isinstance(value, list | tuple) and any(self.meets(part) for part in value)

    def strike(self, value: Any) -> Any:
        """The same without the person; a text that is nothing but their name or number becomes empty."""
        if isinstance(value, str):
            if self.pattern.fullmatch(value.strip()) and self.meets(value):
                return ""
            return self.pattern.sub(lambda m: m.group(1) or STRUCK, value)
        if isinstance(value, dict):
            return {name: self.strike(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.strike(part) for part in value]
        return value

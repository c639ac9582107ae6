"""What a column holds, learnt from its values: the knowledge behind repairing rows and guessing columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .values import half_width, is_nothing

_NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?|[+-]?\d+(\.\d+)?%?")
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}([T ].*)?|(19|20)\d{6}"
)
_PHONE = re.compile(
    r"[+(（]?[\d０-９][\d０-９\s().（）+/-]{4,}[\d０-９](\s*(转|转分机|ext\.?|x)\s*\d{1,6})?", re.I
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]{2,}")
_URL = re.compile(r"(https?://|www\.)\S+|[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|cn|net|org)(\.[a-z]{2})?/?\S*", re.I)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]*")
_POSTCODE = re.compile(r"(?=.*\d)[A-Z0-9]{1,5}[ -]?[A-Z0-9]{2,5}|\d{4,6}", re.I)
_SEPARATORS = re.compile(r"[,;、/；，|\n]+")


def is_phone(text: str) -> bool:
    """True for something written like one or several telephone numbers (7 to 40 digits, no letters)."""
    cleaned = half_width(text).strip()
    digits = sum(1 for c in cleaned if c.isdigit())
    if not 7 <= digits <= 60:
        return bool(re.fullmatch(r"\(?\d[\d ().-]{4,}\d", cleaned)) and digits >= 6 and not cleaned.isdigit()
    return all(_PHONE.fullmatch(part.strip()) for part in _SEPARATORS.split(cleaned) if part.strip())


def is_mobile(text: str) -> bool:
    """True for one mainland mobile number."""
    return bool(re.fullmatch(r"(\+?86)?1[3-9]\d{9}", re.sub(r"[\s-]", "", half_width(text))))


def is_email(text: str) -> bool:
    """True for something with an @ and a domain."""
    return bool(_EMAIL.fullmatch(half_width(text).strip()))


def is_url(text: str) -> bool:
    """True for a web address, with or without http."""
    return bool(_URL.fullmatch(half_width(text).strip()))


def is_date(text: str) -> bool:
    """True for a day with a year, in one of the usual writings."""
    return bool(_DATE.fullmatch(half_width(text).strip()))


def is_number(text: str) -> bool:
    """True for an amount or a count."""
    return bool(_NUMBER.fullmatch(half_width(text).strip()))


def kind_of(text: str) -> str:
    """'empty', 'date', 'number', 'email', 'url', 'phone', 'postcode', 'code' or 'text'."""
    cleaned = text.strip()
    if is_nothing(cleaned):
        return "empty"
    if is_date(cleaned):
        return "date"
    if is_email(cleaned):
        return "email"
    if is_phone(cleaned):
        return "phone"
    if is_number(cleaned):
        return "number"
    if is_url(cleaned):
        return "url"
    if _POSTCODE.fullmatch(cleaned) and len(cleaned) <= 10:
        return "postcode"
    if _CODE.fullmatch(cleaned) and len(cleaned) <= 24:
        return "code"
    return "text"


_ALIKE = {"number": {"number", "phone", "postcode", "date"}, "phone": {"phone", "number"}}
_STRICT = ("date", "number", "email", "phone", "url")


@dataclass(frozen=True)
class Column:
    """What is known of one column; `kind` is '' where values are too few or too mixed."""

    kind: str
    filled: int
    may_be_empty: bool
    vocabulary: frozenset[str] = frozenset()
    shape: str = ""
    letters: bool = False
    no_digits: bool = False
    capital: bool = False
    padded: bool = False
    longest: int = 0
    kinds: frozenset[str] = frozenset()

    def fits(self, text: str, *, known_words: bool = True) -> bool:
        """True when `text` looks like what stands in this column in the rows it was learnt from.

        With `known_words` a column of a fixed vocabulary takes only words already seen in it.
        """
        if not self.padded and text != text.strip(" "):
            return False
        kind = kind_of(text)
        if kind == "empty":
            return self.may_be_empty
        if self.filled == 0:
            return True
        if self.kind in _STRICT and kind != self.kind and kind not in _ALIKE.get(self.kind, ()):
            return False
        if self.vocabulary and known_words:
            return text.strip().casefold() in self.vocabulary
        if self.shape and _shape(text) != self.shape:
            return False
        if self.kind == "postcode" and kind not in ("postcode", "number", "code", "phone"):
            return False
        if kind in _STRICT and self.filled >= 8 and kind not in self.kinds and not self._takes(kind):
            return False
        if self.letters and not any(c.isalpha() for c in text):
            return False
        if self.no_digits and any(c.isdigit() for c in text):
            return False
        if self.capital and text[:1].islower():
            return False
        return len(text) <= self.longest * 2 + 20

    def _takes(self, kind: str) -> bool:
        return any(kind in _ALIKE.get(seen, ()) for seen in self.kinds)


def learn(cells: Sequence[str]) -> Column:
    """A Column from the cells of well-shaped rows."""
    filled = [cell for cell in cells if not is_nothing(cell)]
    count = len(filled)
    kinds = Counter(kind_of(cell) for cell in filled)
    if not count:
        return Column("", 0, True)
    kind, often = kinds.most_common(1)[0]
    alike = sum(kinds[k] for k in {kind, *_ALIKE.get(kind, ())})
    if kind in _STRICT and alike < count * 0.97:
        kind = ""
    elif kind in ("postcode", "code", "number") and kinds["text"] == 0 and kinds["postcode"]:
        kind = "postcode"
    elif often < count * 0.9 and kind not in _STRICT:
        kind = "text" if kinds["text"] else ""
    words = Counter(cell.strip().casefold() for cell in filled)
    once = sum(1 for n in words.values() if n == 1)
    closed = count >= 20 and len(words) <= max(2, count // 4) and once <= count * 0.06
    shapes = {_shape(cell) for cell in filled}
    fixed = len(shapes) == 1 and count >= 10 and kind == "code"
    with_letters = sum(1 for cell in filled if any(c.isalpha() for c in cell))
    with_digits = sum(1 for cell in filled if any(c.isdigit() for c in cell))
    lower = sum(1 for cell in filled if cell[:1].islower())
    return Column(
        kind=kind,
        filled=count,
        may_be_empty=count < len(cells),
        vocabulary=frozenset(words) if closed and kind in ("text", "code", "") else frozenset(),
        shape=next(iter(shapes)) if fixed else "",
        letters=count >= 5 and with_letters >= count * 0.98,
        no_digits=count >= 8 and with_digits == 0,
        capital=count >= 8 and lower == 0,
        padded=any(cell != cell.strip(" ") for cell in filled),
        longest=max(len(cell) for cell in filled),
        kinds=frozenset(kinds),
    )


def _shape(text: str) -> str:
    """Kinds of signs in order, with their number: ALFKI is A5."""
    parts: list[str] = []
    for match in re.finditer(r"[A-Z]+|[a-z]+|\d+|[^A-Za-z\d]", text.strip()):
        run = match.group()
        sign = "A" if run[0].isupper() else "a" if run[0].islower() else "9" if run[0].isdigit() else run
        parts.append(f"{sign}{len(run)}")
    return "".join(parts)

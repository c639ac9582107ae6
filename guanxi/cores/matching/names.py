"""A customer's name taken apart: the word it is known by, its trade, its place, its legal form, whose branch it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from . import words

Kind = Literal["company", "institution", "person", "west"]
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
_BRACKETS: Final = re.compile(r"[(\[【〔](.*?)[)\]】〕]")


class Place(NamedTuple):
    """Where a name says it is, by short names; '' where it does not say."""

    province: str = ""
    city: str = ""
    district: str = ""

    def __or__(self, other: Place) -> Place:
        """Both together, the first before the second."""
        return Place(
            self.province or other.province, self.city or other.city, self.district or other.district
        )

    def against(self, other: Place) -> bool:
        """Whether the two cannot be the same place."""
        return any(one and two and one != two for one, two in zip(self, other, strict=True))


NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the core is told about Chinese. normal: a text without full width, case, accents and traditional signs.
    place_at: the longest place that a text begins with, as (its length, place, whether it cannot well be another word),
    (0, NOWHERE, False) where none. pinyin: the reading of a text, without blanks and tones."""

    normal: Callable[[str], str]
    place_at: Callable[[str], tuple[int, Place, bool]]
    pinyin: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Name:
    """One name. `whole`: letters and digits; `core`: without place, legal form and branch; `word` and `trades`: the core
    taken apart; `tail`: of what follows an organisation's name, whose branch or part it is; `registered`: whether only
    one may bear it in its place; `number`: 第二, as 二."""

    whole: str
    core: str
    word: str
    trades: tuple[str, ...] = ()
    place: Place = NOWHERE
    tail: str = ""
    registered: bool = False
    kind: Kind = "company"
    number: str = ""
    title: bool = False

    @property
    def general(self) -> bool:
        """Whether the core says no more than what kind of place it is: 人民医院, 第一中学."""
        return len(words.GENERAL.sub("", self.core)) < 2

    @property
    def strong_trades(self) -> frozenset[str]:
        """The trades that say something."""
        return frozenset(self.trades) - words.WEAK


def read_names(text: str, lexicon: Lexicon, home: Place = NOWHERE) -> tuple[Name, ...]:
    """The name, or the several names written as one (浙江老年关怀医院杭州市拱墅区中医院); () for an empty text.

    home: where the address says it is, by which 萧山 in 萧山恒远电子 is known for a place.
    """
    plain = lexicon.normal(text).strip()
    if not any(sign.isalnum() for sign in plain):
        return ()
    if not _HAN.search(plain):
        return (_west(plain),)
    place = NOWHERE
    legal = ""

    def bracket(match: re.Match[str]) -> str:
        nonlocal place, legal
        inside = "".join(sign for sign in match[1] if sign.isalnum())
        length, found, _ = lexicon.place_at(inside)
        if length and length == len(inside):
            place |= found
            return ""
        if words.LEGAL.fullmatch(inside):
            legal = inside
            return ""
        return inside

    whole = "".join([sign for sign in _BRACKETS.sub(bracket, plain) if sign.isalnum()])
    if not whole:
        return ()
    parts = [whole] if words.REGISTERED.search(whole) else _several(whole, lexicon)
    return tuple(_chinese(part + (legal if len(parts) == 1 else ""), place, home, lexicon) for part in parts)


def _several(whole: str, lexicon: Lexicon) -> list[str]:
    """The names in a text: a second one begins where after an organisation's word a place follows, or 大学 …"""
    parts: list[str] = []
    start = 0
    for match in words.ORGANISATION.finditer(whole):
        at = match.end()
        if at - start < 4 or len(whole) - at < 4:
            continue
        length, _, _ = lexicon.place_at(whole[at:])
        if length and words.INSTITUTION.search(whole) and not words.BRANCH.search(whole[at:]):
            parts.append(whole[start:at])
            start = at
    parts.append(whole[start:])
    return parts


def _chinese(whole: str, place: Place, home: Place, lexicon: Lexicon) -> Name:
    rest = whole
    office = bool(words.INSTITUTION.search(whole)) and not words.REGISTERED.search(whole)
    for _ in range(3):
        length, found, sure = lexicon.place_at(rest)
        if not length or len(rest) - length < 2 or place.against(found):
            break
        known = {place.city, home.city} - {""}
        if not sure and not (found.city in known if known else office):
            break
        place |= found
        rest = re.sub(r"^[省市区县](?=.{2})", "", rest[length:])
    registered = bool(words.REGISTERED.search(rest))
    tail = ""
    for match in reversed(list(words.ORGANISATION.finditer(rest))):
        after = rest[match.end() :]
        firm = match[1] in ("公司", "厂")
        if (
            after
            and match.end() >= 3
            and (words.BRANCH.search(after) or (not firm and words.PART.search(after)))
        ):
            rest, tail, registered = rest[: match.end()], after, firm
            break
    core = words.LEGAL.sub("", rest)
    legal = core != rest
    if len(core) < 2:
        core = rest
    institution = not registered and not legal and bool(words.INSTITUTION.search(rest)) and len(rest) > 2
    person, title = _person(rest) if not (registered or legal or tail) and place == NOWHERE else ("", False)
    number = "".join(words.ORDINAL.findall(core.translate(words.NUMERALS)))
    if person:
        return Name(whole, person, person, (), NOWHERE, "", False, "person", "", title)
    if institution:
        return Name(whole, core, core, (), place, tail, False, "institution", number)
    word, trades = _trades(core)
    return Name(whole, core, word, trades, place, tail, registered, "company", number)


def _trades(core: str) -> tuple[str, tuple[str, ...]]:
    """The word and the trades behind it: 恒远电子科技 is 恒远 with 电子 and 科技."""
    found: list[str] = []
    rest = core
    while len(rest) > 2:
        for length in range(min(6, len(rest) - 2), 0, -1):
            if rest[-length:] in words.TRADES:
                found.insert(0, rest[-length:])
                rest = rest[:-length]
                break
        else:
            break
    return rest, tuple(found)


def _person(text: str) -> tuple[str, bool]:
    """The person whose name this may be, without a title, and whether only surname and title are known."""
    bare = words.TITLE.sub("", text)
    if text != bare and 1 <= len(bare) <= 4 and bare[0] in words.SURNAMES:
        return bare, len(bare) == 1 or bare in words.COMPOUND_SURNAMES
    if 2 <= len(text) <= 3 and text[0] in words.SURNAMES:
        return text, False
    if 3 <= len(text) <= 4 and text[:2] in words.COMPOUND_SURNAMES:
        return text, False
    return "", False


def _west(plain: str) -> Name:
    text = plain.replace("&", " and ")
    text = re.sub(
        r"(?<=\b\w)[./](?=\w\b)|(?<=\b\w)\.(?=\W|$)", "", text
    )  # s.p.a. becomes spa, a/s becomes as
    tokens = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text)
    core = [token.replace("'", "") for token in tokens]
    whole = " ".join(core)
    while len(core) > 1 and (core[-1] in words.LEGAL_WEST or core[-1] in words.LITTLE):
        core.pop()
    registered = len(core) != len(tokens)
    tail = ""
    if len(core) > 1 and core[-1] in words.BRANCH_WEST:
        tail = core[-1]
    kept = [token for token in core if token not in words.LITTLE] or core
    joined = " ".join(kept)
    return Name(whole, joined, kept[0], tuple(kept[1:]), NOWHERE, tail, registered, "west")

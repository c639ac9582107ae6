"""The words under which a text is found, and the words of a query: one function for each side.

Both databases only split at blanks, so all knowledge of Chinese is here. 恒远电子 becomes the pairs 恒远 远电
电子 and the last sign 子 (one sign is then found as the beginning of a word), the pinyin hengyuandianzi from
every sign on, and its initials hydz. Traditional signs become simplified ones on both sides; Latin letters
lose case and accents; telephone numbers are found by any four digits in a row or more.

Traditional to simplified needs single signs only, since both sides go through the same table: `data/simplified.txt`
(30 KB, made from OpenCC's TSCharacters, Apache-2.0) does it. The whole library would add 1.3 MB and its phrase
tables, which matter for showing text, not for finding it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

_HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
_PHONE = re.compile(r"(?<![\w.])[+(（]?\d[\d\s()（）.–—-]{2,24}\d(?!\w)")
_PHONE_QUERY = re.compile(r"[+(（]?[\d\s()（）.–—-]{4,30}")
_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
_MOST_RUN = 40
_MOST_SYLLABLES = 8
_TAIL = 4

_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "盖": "ge", "朴": "piao",
    "覃": "qin", "乐": "yue", "翟": "zhai", "缪": "miao", "冼": "xian", "种": "chong", "任": "ren", "华": "hua",
    "纪": "ji", "宁": "ning", "葛": "ge", "员": "yun", "黑": "he", "秘": "bi", "折": "she", "燕": "yan",
    "应": "ying", "尉": "wei", "訾": "zi", "祭": "zhai", "车": "che", "卜": "bu", "贾": "jia", "逄": "pang",
    "繁": "po", "召": "shao", "瞿": "qu", "郇": "xun", "费": "fei", "柏": "bai", "宓": "mi", "晁": "chao",
    "幺": "yao", "洗": "xian", "盛": "sheng", "石": "shi", "沈": "shen", "邵": "shao", "隗": "wei", "牟": "mu",
    "万俟": "mo qi", "尉迟": "yu chi", "长孙": "zhang sun", "令狐": "ling hu", "澹台": "tan tai", "宰父": "zai fu",
    "鲜于": "xian yu", "单于": "chan yu", "呼延": "hu yan", "皇甫": "huang fu", "诸葛": "zhu ge", "欧阳": "ou yang",
}  # fmt: skip
"""Surnames whose reading differs from the usual one of the sign, or that a reader may take for another."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a query: any of `words` must be there; `prefix` says whether as a beginning."""

    words: tuple[str, ...]
    prefix: bool = False


def grams(*texts: str, pinyin: bool = True, phones: Iterable[str] = ()) -> list[str]:
    """The words under which `texts` are found, without repetition, each of letters and digits only.

    `pinyin` off for long texts (remarks), where it would only swell the index. `phones` are numbers in any
    writing; numbers inside the texts are recognised too.
    """
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUNS.findall(normal(text)):
            if not _IS_HAN.match(run):
                found[run[:64]] = None
                continue
            found |= dict.fromkeys(_pairs(run))
            if pinyin and len(run) <= _MOST_RUN:
                found |= dict.fromkeys(_spoken(run))
        for match in _PHONE.finditer(unicodedata.normalize("NFKC", text)):
            found |= dict.fromkeys(_tails(match.group()))
    for phone in phones:
        found |= dict.fromkeys(_tails(phone))
    return list(found)


def query(text: str) -> list[Term]:
    """The conditions of what a person typed; all must hold. [] where nothing can be searched for."""
    terms: dict[Term, None] = {}
    plain = unicodedata.normalize("NFKC", text).strip()
    if _PHONE_QUERY.fullmatch(plain) and len(digits := _digits(plain)) >= _TAIL:
        return [Term((digits,), prefix=True)]
    runs = _RUNS.findall(normal(text))
    for run in runs:
        if not _IS_HAN.match(run):
            terms[Term((run[:64],), prefix=True)] = None
        elif len(run) == 1:
            terms[Term((run,), prefix=True)] = None
        else:
            for left, right in pairwise(run):
                terms[Term((left + right,))] = None
    return list(terms)[:20]


class _Plain(dict[int, str]):
    """What each sign becomes, worked out once a sign: a search that ranks a thousand names asks for the same ones."""

    def __missing__(self, code: int) -> str:
        table = simplified_table()
        found = "".join(
            _LETTERS.get(one) or table.get(one, one)
            for one in unicodedata.normalize("NFD", chr(code))
            if unicodedata.category(one) != "Mn"
        )
        self[code] = found
        return found


_plain = _Plain()


def normal(text: str) -> str:
    """Text with full width, case, accents and traditional signs taken out of the way."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return plain if plain.isascii() else unicodedata.normalize("NFC", plain.translate(_plain))


def _pairs(run: str) -> list[str]:
    return [left + right for left, right in pairwise(run)] + [run[-1]]


@lru_cache(maxsize=4096)
def _spoken(run: str) -> list[str]:
    """Pinyin and initials from every sign on, so that a later part is found by its beginning."""
    words = []
    for reading in _readings(run):
        for start in range(len(reading)):
            tail = reading[start : start + _MOST_SYLLABLES]
            if len(tail) > 1 or len(reading) == 1:
                words.append("".join(tail))
                words.append("".join(syllable[0] for syllable in tail))
            else:
                words.append(tail[0])
    return words


def _readings(run: str) -> list[list[str]]:
    """The usual reading, and the one with a surname's where the run begins with such a surname."""
    usual = syllables(run)
    readings = [usual] if usual else []
    for length in (2, 1):
        surname = _SURNAMES.get(run[:length])
        if surname and len(run) <= length + 3:
            other = [*surname.split(), *syllables(run[length:])]
            if other not in readings:
                readings.append(other)
            break
    for reading in list(readings):
        if any("v" in syllable for syllable in reading):  # 吕: some type lv, some lu
            readings.append([syllable.replace("v", "u") for syllable in reading])
    return readings


def syllables(run: str) -> list[str]:
    """The usual reading, one syllable a sign, as pypinyin has it; it reads word by word, and few words make most names."""
    from pypinyin.seg.mmseg import seg

    return [syllable for word in seg.cut(run) for syllable in _word(word)]


@lru_cache(maxsize=65_536)
def _word(word: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    read = lazy_pinyin(word, style=Style.NORMAL, errors="ignore", v_to_u=False)
    return tuple(plain for one in read if (plain := one.replace("ü", "v")) and plain.isascii())


def _digits(text: str) -> str:
    """The digits of a telephone number without the country code of the mainland."""
    digits = re.sub(r"\D", "", text)
    if text.lstrip("(（ ").startswith("+86"):
        return digits.removeprefix("86")
    if digits.startswith("0086"):
        return digits.removeprefix("0086")
    return digits


def _tails(phone: str) -> list[str]:
    """The number and all its ends of at least four digits; an area code also with its leading zero."""
    digits = _digits(unicodedata.normalize("NFKC", phone))[:20]
    if len(digits) < _TAIL:
        return []
    words = [digits[start:] for start in range(len(digits) - _TAIL + 1)]
    if "86" in phone[:4] and not digits.startswith(("0", "1")):
        words.append("0" + digits)
    return words


@cache
def simplified_table() -> dict[str, str]:
    text = (files(__package__) / "data" / "simplified.txt").read_text(encoding="utf-8")
    groups = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {old: group[0] for line in groups for group in line for old in group[1:]}

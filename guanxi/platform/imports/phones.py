"""Telephone numbers as people type them: several in a cell, run together, without area code, abroad.

What can be read becomes an E.164 number; the original always stays. A cell is split only where there is
exactly one way to cover all its digits with numbers that exist in today's numbering plan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from .places import gazetteer
from .reasons import Reason, reason
from .values import clean_text, half_width, is_nothing

_PARTS = re.compile(r"[,;、/|\n]+|\s或\s|或|\s{2,}")
_LABELS = re.compile(
    r"(?<![a-z])(?:电话|電話|手机|手機|座机|传真|傳真|总机|热线|tel(?:ephone)?|phone|mobile|fax|t|f|m)\s*[:.：]\s*",
    re.I,
)
_EXTENSION = re.compile(r"\s*(?:转分机|分机|转|轉|ext\.?|extension|x|#)\s*[:：]?\s*(\d{1,6})$", re.I)
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_MOST_DIGITS = 60
_SPECIAL = {"香港": "HK", "澳门": "MO", "台湾": "TW"}
_MOBILE_LIKE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True, slots=True)
class Phone:
    """One number. `e164` is '' where it cannot be dialled from here; `text` is what stood in the cell."""

    text: str
    e164: str = ""
    extension: str = ""
    mobile: bool = False

    @property
    def shown(self) -> str:
        """The number as people here write it (0571-87061501, 138 0571 2345, abroad +49 30 0074321), or the text as
        it stood. Reading it again gives the same number."""
        if not self.e164:
            return self.text
        shown = shown_number(self.e164)
        return f"{shown}-{self.extension}" if self.extension else shown


@dataclass(frozen=True, slots=True)
class PhoneCell:
    """All numbers of a cell with the cell itself; `told` needs no look, `doubts` do."""

    original: str
    phones: tuple[Phone, ...] = ()
    told: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    perhaps: tuple[str, ...] = ()
    """E.164 numbers that a mistyped one probably is: to recognise a customer by, not to store."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The E.164 numbers."""
        return tuple(phone.e164 for phone in self.phones if phone.e164)

    @property
    def compared(self) -> frozenset[str]:
        """By what two cells are held against each other: E.164, also of what a number probably is, and the bare digits of
        what is none today."""
        digits = {"".join(filter(str.isdigit, half_width(p.text))) for p in self.phones if not p.e164}
        return frozenset((*self.numbers, *self.perhaps, *(d for d in digits if len(d) >= 7)))


def read_phones(text: str, *, area: str = "", region: str = "CN") -> PhoneCell:
    """The numbers in `text`.

    `area` is the area code of the customer's city ('0571', '' if unknown), `region` the two-letter country.
    Numbers of the mainland that are impossible, or of another city than the customer's while impossible
    there, are doubts; numbers abroad that today's plans do not know are kept as written and told.
    """
    return _read(text, area, region)


@lru_cache(maxsize=4096)
def _read(text: str, area: str, region: str) -> PhoneCell:
    """A customer's number is read several times on its way into the database."""
    original = clean_text(text)
    if is_nothing(text):
        return PhoneCell("")
    cleaned = _LABELS.sub("", half_width(clean_text(text, lines=True)))
    if len(cleaned) > 200:
        return PhoneCell(original[:200], (), (), (_unreadable(cleaned[:60]),))
    if region != "CN" and not cleaned.startswith(("+86", "0086")):
        return _abroad(original, cleaned, region)
    phones: list[Phone] = []
    doubts: list[Reason] = []
    perhaps: list[str] = []
    known = area
    for part in _pieces(cleaned):
        if phones and re.fullmatch(r"\d{1,4}", part) and (tail := _with_tail(phones[-1], part)):
            phones.append(tail)
            continue
        found = _mainland(part, known, doubts)
        phones += found
        if len(found) == 1 and not found[0].e164 and (likely := _in_area(part, known)):
            perhaps.append(likely)
        for phone in found:
            known = _area_of(phone.e164) or known
    return PhoneCell(original, _unique(phones), (), tuple(doubts), tuple(perhaps))


def shown_number(e164: str) -> str:
    """An E.164 number as people in China write it: with the area code at home, with + and country abroad."""
    shown = _mainland_shown(e164)
    if shown:
        return shown
    number = phonenumbers.parse(e164)
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL).replace("-", " ")


def _pieces(text: str) -> list[str]:
    """The cell cut at separators, and at blanks where every piece is then a number of its own."""
    pieces: list[str] = []
    for part in _PARTS.split(text):
        part = part.strip(" .-:")
        words = part.split()
        if len(words) > 1 and all(7 <= len(re.sub(r"\D", "", word)) <= 13 for word in words):
            pieces += words
        elif part:
            pieces.append(part)
    return pieces


def _mainland(part: str, area: str, doubts: list[Reason]) -> list[Phone]:
    """The numbers in one piece of a cell that is read as of the mainland (or says +852 and so on)."""
    extension = ""
    if match := _EXTENSION.search(part):
        extension, part = match.group(1), part[: match.start()]
    if part.startswith("+") or part.startswith("00"):
        number = _valid("+" + re.sub(r"\D", "", part).removeprefix("00"), None)
        if number:
            return [Phone(part, number, extension, _is_mobile(number))]
    digits = re.sub(r"\D", "", part)
    if re.search(r"[A-Za-z\u3400-\u9fff]", part) or not digits or len(digits) > _MOST_DIGITS:
        doubts.append(_unreadable(part))
        return [Phone(part[:60])]
    number = _one(digits, area)
    if number:
        return [Phone(part, number, extension, _is_mobile(number))]
    if re.fullmatch(r"(95\d{3,6}|96\d{3,4}|1[012]\d{1,3}|12345)", digits):
        return [Phone(part, "", extension)]
    if "-" in part and not extension:
        front, _, back = part.rpartition("-")
        inner = re.sub(r"\D", "", front)
        number = _one(inner, area) if re.fullmatch(r"\d{1,6}", back) else ""
        if number:
            if len(back) > 4:
                doubts.append(
                    reason(
                        "phone.extension",
                        "“{text}”末尾的 {back} 按分机读取，也可能是另一个号码，请核对。",
                        "The {back} at the end of “{text}” was read as an extension; "
                        "it may be another number. Please check.",
                        text=part,
                        back=back,
                    )
                )
            return [Phone(part, number, back, _is_mobile(number))]
    ways = _splits(digits, area)
    if len(ways) == 1:
        numbers = ways[0]
        doubts.append(
            reason(
                "phone.split",
                "“{text}”是 {n} 个连写的号码，按 {numbers} 读取，请核对。",
                "“{text}” is {n} numbers run together; read as {numbers}. Please check.",
                text=part,
                n=len(numbers),
                numbers="、".join(shown_number(number) for number in numbers),
            )
        )
        return [Phone(part, number, "", _is_mobile(number)) for number in numbers]
    other = _other_area(part, digits, area)
    doubts.append(other or _unreadable(part))
    return [Phone(part, "", extension)]


def _one(digits: str, area: str) -> str:
    """E.164 of digits that are exactly one number of the mainland, else ''."""
    if digits.startswith("86") and len(digits) >= 12 and (number := _valid("+" + digits, None)):
        return number
    if _LOCAL.fullmatch(digits):
        return _valid(area + digits, "CN") if area and _right_length(area, digits) else ""
    if digits.startswith("0"):
        code, local = _cut(digits)
        return _valid(digits, "CN") if code and _LOCAL.fullmatch(local) else ""
    return _valid(digits, "CN") if len(digits) >= 10 else ""


def _valid(text: str, region: str | None) -> str:
    """E.164 of a number that the numbering plan knows, else ''."""
    if region == "CN" and _MOBILE_LIKE.fullmatch(text):
        return f"+86{text}" if _is_block(text[:7]) else ""
    return _planned(text, region)


@lru_cache(maxsize=65_536)
def _is_block(begins: str) -> bool:
    """Whether there are mobile numbers of the mainland that begin so: the plan hands them out in blocks of 10,000."""
    return bool(_planned(f"{begins}0000", "CN"))


@lru_cache(maxsize=4096)
def _planned(text: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number) or number.extension:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _mainland_shown(e164: str) -> str:
    """A mainland number in groups; '' for others."""
    if not e164.startswith("+86"):
        return ""
    rest = e164[3:]
    if _MOBILE_LIKE.fullmatch(rest):
        return f"{rest[:3]} {rest[3:-4]} {rest[-4:]}"
    if re.fullmatch(r"[48]00\d{7}", rest):
        return f"{rest[:3]}-{rest[3:-4]}-{rest[-4:]}"
    code, local = _cut("0" + rest)
    return f"{code}-{local}" if code else ""


def _is_mobile(e164: str) -> bool:
    if e164.startswith("+86"):
        return bool(_MOBILE_LIKE.fullmatch(e164[3:]))
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind == PhoneNumberType.MOBILE


def _cut(digits: str) -> tuple[str, str]:
    """Area code and local number of digits that start with 0; ('', digits) where no city has such a code."""
    codes = gazetteer().area_codes
    for length in (3, 4):
        if digits[:length] in codes:
            return digits[:length], digits[length:]
    return "", digits


def _right_length(area: str, local: str) -> bool:
    """Some cities have seven digits, some eight: the numbering plan knows which."""
    return bool(_valid(area + local, "CN"))


def _area_of(e164: str) -> str:
    """The area code of a mainland fixed line ('0571'), else ''."""
    if not e164.startswith("+86") or _MOBILE_LIKE.fullmatch(e164[3:]) or e164[3:].startswith(("400", "800")):
        return ""
    return _cut("0" + e164[3:])[0]


def _splits(digits: str, area: str) -> list[list[str]]:
    """Every way to cover all digits with two or more numbers; at most two ways are looked for.

    A local number takes the area code that stands before it in the cell, else the customer's.
    """
    ways: list[list[str]] = []

    def walk(at: int, known: str, taken: list[str]) -> None:
        if len(ways) > 1:
            return
        if at == len(digits):
            if len(taken) > 1:
                ways.append(list(taken))
            return
        for length in (7, 8, 10, 11, 12):
            piece = digits[at : at + length]
            if len(piece) < length:
                break
            if length == 10 and not piece.startswith(("400", "800", "0")):
                continue
            if number := _one(piece, known):
                walk(at + length, _area_of(number) or known, [*taken, number])

    if len(digits) >= 14:
        walk(0, area, [])
    return ways


def _with_tail(before: Phone, tail: str) -> Phone | None:
    """87061501/02: the short piece replaces the end of the number before it."""
    if not before.e164 or before.mobile:
        return None
    number = _valid(before.e164[: -len(tail)] + tail, None)
    return Phone(tail, number) if number else None


def _in_area(part: str, area: str) -> str:
    """The number that would be right in the customer's city but carries another city's code (0751 for 0571)."""
    code, local = _cut(re.sub(r"\D", "", part))
    return _valid(area + local, "CN") if code and area and code != area and _LOCAL.fullmatch(local) else ""


def _other_area(part: str, digits: str, area: str) -> Reason | None:
    code, _ = _cut(digits)
    if _in_area(digits, area):
        return reason(
            "phone.area",
            "“{text}”的区号 {code} 与位数不符，可能是 {area}，请核对。",
            "The area code {code} of “{text}” does not suit its length; perhaps it is {area}. Please check.",
            text=part,
            code=code,
            area=area,
        )
    if _LOCAL.fullmatch(digits) and not area:
        return reason(
            "phone.noarea",
            "“{text}”没有区号，又不知道城市，按原样保留。",
            "“{text}” has no area code and the city is not known; kept as written.",
            text=digits,
        )
    return None


def _unreadable(text: str) -> Reason:
    return reason(
        "phone.form",
        "“{text}”读不出完整的电话号码（位数不对），按原样保留，请核对。",
        "“{text}” is no complete telephone number (wrong length); kept as written. Please check.",
        text=text[:60],
    )


def _abroad(original: str, cleaned: str, region: str) -> PhoneCell:
    """Numbers of another country; slashes and semicolons part them, blanks and dots do not."""
    phones: list[Phone] = []
    told: list[Reason] = []
    for part in re.split(r"[,;/|\n、]+", cleaned):
        part = part.strip()
        if not part:
            continue
        extension = ""
        if match := _EXTENSION.search(part):
            extension, part = match.group(1), part[: match.start()]
        number = _valid(part, region if region != "??" else None)
        if number and not _same_groups(part, number):
            number = ""
        if not number:
            told.append(
                reason(
                    "phone.abroad",
                    "境外号码“{text}”不符合现行号码规则，按原样保留。",
                    "The number abroad “{text}” does not follow today's numbering plan; kept as written.",
                    text=part[:60],
                )
            )
        phones.append(Phone(part[:60], number, extension, bool(number) and _is_mobile(number)))
    return PhoneCell(original, _unique(phones), tuple(told))


def _same_groups(text: str, e164: str) -> bool:
    """Whether a number abroad is read as it is written.

    Without + and without the 0 before the area code, old numbers pass for others of today: Oulu's 981-443655 would be
    +358 9 81443655, in Helsinki. Such are only taken where the area code is the same as written.
    """
    written = re.findall(r"\d+", text)
    if text.startswith(("+", "00")) or written[0].startswith("0"):
        return True
    number = phonenumbers.parse(e164)
    region = phonenumbers.region_code_for_number(number)
    if region is None or phonenumbers.ndd_prefix_for_region(region, True) != "0":
        return True
    area = phonenumbers.length_of_geographical_area_code(number)
    return area in (0, len(written[0]))


def _unique(phones: list[Phone]) -> tuple[Phone, ...]:
    seen: dict[tuple[str, str], Phone] = {}
    for phone in phones:
        seen.setdefault((phone.e164 or phone.text, phone.extension), phone)
    return tuple(seen.values())

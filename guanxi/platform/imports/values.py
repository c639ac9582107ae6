"""One cell at a time: what it means, or why it means nothing.

Every function takes text as it stood in the file and returns a `Value`: what to store, doubts to show
and, where nothing can be stored, the fault. Nothing here guesses silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from .reasons import Reason, reason

_NOTHING = frozenset(
    "null nil none na n/a n.a. nan undefined #n/a #n/a! #null! #value! #ref! #name? #div/0! #num! 空 空白 无 無 没有 暂无 暫無 "
    "未填 未知 不详 不詳 未提供 待补充 待定 - -- --- — —— ——— / // \\ . .. … ? ？ * ** x xx 0000-00-00".split()
)
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad]")
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+\d{2,3}", re.IGNORECASE)
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_GRADES = {"A": "A", "B": "B", "C": "C", "甲": "A", "乙": "B", "丙": "C"}


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell gives: `text` to store ('' for nothing), `doubts` to show, `fault` if it cannot be stored.

    `tag` is text that belongs to the row but not into this field (三级甲等 is no grade A, B or C).
    """

    text: str = ""
    doubts: tuple[Reason, ...] = ()
    fault: Reason | None = None
    tag: str = ""


def clean_text(text: str, *, lines: bool = True) -> str:
    """Text without what cannot be seen or stored.

    NUL and other control characters, zero-width and direction marks and lone surrogates go; line ends
    become \\n (or a blank where `lines` is false); odd blanks become plain ones; blanks at the ends go.
    Letters are never changed: 𠮷 and é stay.
    """
    if text.isprintable():  # no controls, no odd or zero-width blanks, no halves of surrogates
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _SPACES.sub(" ", _ZERO_WIDTH.sub("", text))
    kept = []
    for character in text:
        if character in "\n\t":
            kept.append(character if lines else " ")
        elif unicodedata.category(character) not in ("Cc", "Cs", "Cn") or _is_noncharacter_safe(character):
            kept.append(character)
    return "".join(kept).strip()


def _is_noncharacter_safe(character: str) -> bool:
    """Unassigned code points may be newer letters than this Python knows; noncharacters never are."""
    code = ord(character)
    return (
        unicodedata.category(character) == "Cn" and code & 0xFFFE != 0xFFFE and not 0xFDD0 <= code <= 0xFDEF
    )


def half_width(text: str) -> str:
    """Full-width digits, letters and signs as plain ones (０５７１－８８ becomes 0571-88)."""
    return text if text.isascii() else text.translate(_HALF)


def is_nothing(text: str) -> bool:
    """True for a blank cell and for the words that stand for one: NULL, 无, -, N/A …"""
    plain = half_width(clean_text(text)).lower()
    return not plain or plain in _NOTHING


def plain(text: str, limit: int = 200, *, lines: bool = False) -> Value:
    """Text up to `limit` characters; longer text is a fault, never cut."""
    if is_nothing(text):
        return Value()
    cleaned = clean_text(text, lines=lines)
    if len(cleaned) > limit:
        return Value(fault=_too_long(len(cleaned), limit))
    if not lines:
        cleaned = re.sub(r"[ \t]{2,}", " ", cleaned)
    return Value(cleaned, (_formula(cleaned),) if half_width(cleaned[:1]) == "=" else ())


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet has made 3.30106E+14 of a number, of which nobody can tell the digits."""
    return _ROUNDED.fullmatch(half_width(text).strip()) is not None


def key(text: str, limit: int) -> Value:
    """A customer's number in the source; one that was rounded is none."""
    if is_rounded(text):
        return Value(doubts=(rounded(),))
    return plain(half_width(text), limit)


def rounded() -> Reason:
    """What is said of a number of which only the first digits are left."""
    return reason(
        "number.rounded",
        "编号被表格软件写成科学记数法，末尾几位已丢失，没有作为编号使用。请改为文本格式后再导入。",
        "A spreadsheet has rounded this number (E+) and lost its last digits; it is not used. Store it as text and import again.",
    )


def credit_code(text: str) -> Value:
    """Unified social credit code (GB 32100-2015): 18 signs with a check digit.

    O and I, which the code never holds, are read as 0 and 1 where the check digit then agrees, with a doubt.
    """
    from stdnum.cn import uscc

    if is_nothing(text):
        return Value()
    code = re.sub(r"[\s\-.]", "", half_width(clean_text(text))).upper()
    if uscc.is_valid(code):
        return Value(code)
    mended = code.translate(str.maketrans("OIQ", "010"))
    if mended != code and uscc.is_valid(mended):
        why = reason(
            "code.mended",
            "统一社会信用代码“{code}”含不允许的字母，按 {mended} 读取，请核对。",
            "The credit code “{code}” holds letters it cannot hold; read as {mended}. Please check.",
            code=code,
            mended=mended,
        )
        return Value(mended, (why,))
    if re.fullmatch(r"\d{15}", code):
        return Value(
            tag=code,
            doubts=(
                reason(
                    "code.old",
                    "“{code}”是 15 位旧工商注册号，不是统一社会信用代码，未作为代码导入。",
                    "“{code}” is a registration number of 15 digits from before 2015, not a unified credit code; "
                    "it was not taken as the code.",
                    code=code,
                ),
            ),
        )
    if re.fullmatch(r"[\dA-Z]{8}-?[\dX]", code):
        return Value(
            tag=code,
            doubts=(
                reason(
                    "code.organisation",
                    "“{code}”是 9 位旧组织机构代码，不是统一社会信用代码，未作为代码导入。",
                    "“{code}” is an old organisation code of 9 signs, not a unified credit code; "
                    "it was not taken as the code.",
                    code=code,
                ),
            ),
        )
    if len(code) != 18:
        return Value(
            fault=reason(
                "code.length",
                "统一社会信用代码应为 18 位，这里有 {n} 位。",
                "A unified social credit code has 18 signs; here are {n}.",
                n=len(code),
            )
        )
    return Value(
        fault=reason(
            "code.check",
            "统一社会信用代码“{code}”校验位不符，请核对。",
            "The check digit of the credit code “{code}” does not agree. Please check it.",
            code=code,
        )
    )


def grade(text: str) -> Value:
    """A, B or C, also as A级, A类, "A 类客户" or 甲 alone; anything else (三级甲等) is kept as a tag."""
    if is_nothing(text):
        return Value()
    cleaned = clean_text(text, lines=False)
    match = re.fullmatch(
        r"(?:grade|class|level|等级|级别)?\s*[:：]?\s*([ABC甲乙丙])\s*(?:级|類|类|等|grade|class)?(?:客户|客戶)?",
        half_width(cleaned),
        re.I,
    )
    if match:
        return Value(_GRADES[match.group(1).upper()])
    if len(cleaned) > 100:
        return Value(fault=_too_long(len(cleaned), 100))
    return Value(tag=cleaned)


def email(text: str) -> Value:
    """An e-mail address, as Django would accept it; of several the first, with a doubt."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    if is_nothing(text):
        return Value()
    cleaned = half_width(clean_text(text, lines=True)).removeprefix("mailto:")
    parts = [part for part in re.split(r"[\s,;/、，；|]+", cleaned) if part]
    good = []
    for part in parts:
        try:
            validate_email(part)
            good.append(part)
        except ValidationError:
            continue
    if not good:
        return Value(
            fault=reason(
                "email.form",
                "“{text}”不是电子邮件地址。",
                "“{text}” is not an e-mail address.",
                text=cleaned[:80],
            )
        )
    if len(parts) > 1:
        return Value(
            good[0],
            (
                reason(
                    "email.several",
                    "有多个电子邮件，只取第一个：{all}。",
                    "Several e-mail addresses; the first was taken: {all}.",
                    all=cleaned[:120],
                ),
            ),
        )
    return Value(good[0])


def website(text: str) -> Value:
    """A web address with http or https; what is none is a fault."""
    if is_nothing(text):
        return Value()
    cleaned = half_width(clean_text(text, lines=False)).replace(" ", "")
    address = cleaned if "://" in cleaned else f"https://{cleaned}"
    try:
        parts = urlsplit(address)
        fine = (
            parts.scheme in ("http", "https")
            and "." in (parts.hostname or "")
            and not parts.username
            and len(address) <= 500
        )
    except ValueError:
        fine = False
    if not fine:
        return Value(
            fault=reason(
                "website.form", "“{text}”不是网址。", "“{text}” is not a web address.", text=cleaned[:80]
            )
        )
    return Value(address)


def postcode(text: str, country: str = "CN") -> Value:
    """A postcode: six digits in China (a leading zero lost by the spreadsheet is put back, with a doubt)."""
    if is_nothing(text):
        return Value()
    cleaned = half_width(clean_text(text, lines=False))
    if country != "CN":
        return plain(cleaned, 20)
    digits = re.sub(r"\s", "", cleaned)
    if re.fullmatch(r"\d{6}", digits):
        return Value(digits)
    if re.fullmatch(r"\d{5}", digits):
        return Value(
            "0" + digits,
            (
                reason(
                    "postcode.zero",
                    "邮编“{text}”只有 5 位，按 0{text} 读取，请核对。",
                    "The postcode “{text}” has 5 digits; read as 0{text}. Please check.",
                    text=digits,
                ),
            ),
        )
    return Value(
        cleaned[:20],
        (
            reason(
                "postcode.form",
                "“{text}”不是 6 位邮编，按原样保留。",
                "“{text}” is not a postcode of six digits; kept as written.",
                text=cleaned[:20],
            ),
        ),
    )


# ---------------------------------------------------------------------------------------------- dates

_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_SERIAL_START = date(1899, 12, 30)


def learn_order(cells: Iterable[str]) -> str:
    """How this column writes 3/5/2024: 'mdy', 'dmy', or '' where no cell tells."""
    votes = {"mdy": 0, "dmy": 0}
    for cell in cells:
        match = re.fullmatch(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T].*)?\s*", half_width(cell))
        if match:
            first, second = int(match.group(1)), int(match.group(2))
            if first > 12 >= second:
                votes["dmy"] += 1
            elif second > 12 >= first:
                votes["mdy"] += 1
    if bool(votes["mdy"]) == bool(votes["dmy"]):
        return ""
    return "mdy" if votes["mdy"] else "dmy"


def day(text: str, *, order: str = "", earliest: int = 1900, latest: int = 2100) -> Value:
    """A calendar day as YYYY-MM-DD, or --MM-DD where the year is not given (a birthday).

    Reads 2024-03-05, 2024/3/5, 2024.3.5, 20240305, 2024年3月5日, 二〇二四年三月五日, times behind it, Excel's
    serial numbers (with a doubt) and 3/5/2024: by `order` where the column tells, else as month/day with a
    doubt that names the other reading. Years outside `earliest`…`latest` are faults.
    """
    if is_nothing(text):
        return Value()
    cleaned = half_width(clean_text(text, lines=False))
    if len(cleaned) > 60:
        return Value(fault=_no_date(cleaned))
    if re.search(r"农历|农曆|阴历|初[一二三四五六七八九十]|正月|腊月", cleaned):
        return Value(
            tag=cleaned[:60],
            doubts=(
                reason(
                    "date.lunar",
                    "“{text}”是农历日期，按文字保留，未换算。",
                    "“{text}” is a date of the lunar calendar; kept as text, not converted.",
                    text=cleaned[:40],
                ),
            ),
        )
    plain_digits = _chinese_numbers(cleaned)
    doubts: list[Reason] = []
    found = _day_parts(plain_digits, order, doubts)
    if found is None:
        return Value(fault=_no_date(cleaned))
    year, month, number = found
    try:
        if year is None:
            date(2000, month, number)
            return Value(f"--{month:02d}-{number:02d}", tuple(doubts))
        if not earliest <= year <= latest:
            return Value(fault=_no_date(cleaned))
        return Value(date(year, month, number).isoformat(), tuple(doubts))
    except ValueError:
        return Value(fault=_no_date(cleaned))


def _day_parts(text: str, order: str, doubts: list[Reason]) -> tuple[int | None, int, int] | None:
    tail = r"(?:[T日号\s].*)?"
    if match := re.fullmatch(rf"(\d{{4}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}}){tail}", text):
        return int(match[1]), int(match[2]), int(match[3])
    if named := _named_month(text):
        return named
    if match := re.fullmatch(r"((?:19|20)\d{2})(\d{2})(\d{2})", text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := re.fullmatch(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){tail}", text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        if first > 12 or (order == "dmy" and second <= 12):
            return year, second, first
        if second > 12 or order == "mdy" or first == second:
            return year, first, second
        doubts.append(
            reason(
                "date.ambiguous",
                "“{text}”可能是 {a} 月 {b} 日，也可能是 {b} 月 {a} 日，按前者读取，请核对。",
                "“{text}” may be month {a} day {b} or month {b} day {a}; read as the former. Please check.",
                text=text[:20],
                a=first,
                b=second,
            )
        )
        return year, first, second
    if match := re.fullmatch(rf"(\d{{2}})\s*[-/.年]\s*(\d{{1,2}})\s*[-/.月]\s*(\d{{1,2}}){tail}", text):
        short = int(match[1])
        year = 1900 + short if short >= 30 else 2000 + short
        doubts.append(
            reason(
                "date.short",
                "“{text}”的年份只有两位，按 {year} 年读取，请核对。",
                "“{text}” gives two digits of the year; read as {year}. Please check.",
                text=text[:20],
                year=year,
            )
        )
        return year, int(match[2]), int(match[3])
    if match := re.fullmatch(r"(\d{1,2})\s*[月/.-]\s*(\d{1,2})\s*[日号]?", text):
        return None, int(match[1]), int(match[2])
    if re.fullmatch(r"\d{4,5}(\.\d+)?", text) and 3_654 <= float(text) <= 73_050:
        found = _SERIAL_START + timedelta(days=int(float(text)))
        doubts.append(
            reason(
                "date.serial",
                "数字 {text} 按 Excel 日期读作 {day}，请核对。",
                "The number {text} was read as Excel's day {day}. Please check.",
                text=text,
                day=found.isoformat(),
            )
        )
        return found.year, found.month, found.day
    return None


def _named_month(text: str) -> tuple[int, int, int] | None:
    """5-Mar-1980, 5 March 1980, Mar 5, 1980."""
    match = re.fullmatch(r"(\d{1,2})[\s.-]*([A-Za-z]{3,9})[\s,.-]*(\d{4})", text)
    if match:
        number, name, year = match.groups()
    elif match := re.fullmatch(r"([A-Za-z]{3,9})[\s.]*(\d{1,2})[\s,]+(\d{4})", text):
        name, number, year = match.groups()
    else:
        return None
    month = name.lower()[:3]
    return (int(year), _MONTHS.index(month) + 1, int(number)) if month in _MONTHS else None


def _chinese_numbers(text: str) -> str:
    """二〇二四年三月十五日 -> 2024年3月15日; other text unchanged."""
    if not re.search(r"[一二三四五六七八九十〇零].*[年月]", text):
        return text

    def ten(match: re.Match[str]) -> str:
        before = match[1].translate(_CHINESE_DIGITS) or "1"
        after = match[2].translate(_CHINESE_DIGITS) or "0"
        return before + after

    text = re.sub(r"([一二三]?)十([一二三四五六七八九]?)", ten, text)
    return text.translate(_CHINESE_DIGITS)


def _no_date(text: str) -> Reason:
    return reason("date.form", "“{text}”不是有效日期。", "“{text}” is not a valid date.", text=text[:40])


def _formula(text: str) -> Reason:
    return reason(
        "cell.formula",
        "“{text}”像公式，按文字保存，不会运行，请核对。",
        "“{text}” looks like a formula; kept as text, never run. Please check.",
        text=text[:40],
    )


def _too_long(length: int, limit: int) -> Reason:
    return reason(
        "text.long",
        "文字过长（{n} 字，最多 {limit} 字）。",
        "Too long ({n} characters; at most {limit}).",
        n=length,
        limit=limit,
    )

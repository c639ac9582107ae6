"""Amounts of money as spreadsheets and other programs write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .reasons import Reason, reason
from .values import clean_text, half_width, is_nothing

CURRENCIES = {
    **dict.fromkeys(("cny", "rmb", "人民币", "元", "圆", "¥", "￥", "cn¥"), "CNY"),
    **dict.fromkeys(("usd", "us$", "美元", "美金"), "USD"),
    **dict.fromkeys(("eur", "€", "欧元"), "EUR"),
    **dict.fromkeys(("hkd", "hk$", "港元", "港币", "港幣"), "HKD"),
    **dict.fromkeys(("jpy", "日元", "日圆", "日圓", "円"), "JPY"),
    **dict.fromkeys(("gbp", "£", "英镑", "英鎊"), "GBP"),
    **dict.fromkeys(("twd", "nt$", "新台币", "新臺幣", "台币"), "TWD"),
    **dict.fromkeys(("mop", "mop$", "澳门元", "澳门币"), "MOP"),
    **dict.fromkeys(("krw", "₩", "韩元", "韩币"), "KRW"),
    **dict.fromkeys(("sgd", "s$", "新加坡元", "新元"), "SGD"),
}
"""How a currency is written, in small letters -> its code in ISO 4217."""
LARGEST = Decimal(10) ** 12
_SIGN = "|".join(sorted((re.escape(word) for word in (*CURRENCIES, "$")), key=len, reverse=True))
_WHOLE = re.compile(
    rf"(?P<before>{_SIGN})?\s*(?P<figure>[-+]?\s*[\d.,' ]*\d)\s*(?P<ten>万|萬|亿|億)?\s*(?P<after>{_SIGN})?(?:整)?",
    re.I,
)
_TENS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}


@dataclass(frozen=True, slots=True)
class Amount:
    """What a cell gives: the amount (None for nothing), the currency where it names one, doubts, or the fault."""

    amount: Decimal | None = None
    currency: str = ""
    doubts: tuple[Reason, ...] = ()
    fault: Reason | None = None


def currency(text: str) -> str:
    """The code of a currency by any of its names; '' where none is known."""
    wanted = half_width(clean_text(text, lines=False)).lower().strip(" .()（）")
    found = CURRENCIES.get(wanted, "")
    if not found and (match := re.search(r"[a-z]{3}", wanted)):
        found = CURRENCIES.get(match[0], "")
    return found


def amount(text: str) -> Amount:
    """1,234.50, ¥1234, 1.2万元, USD 80, (80.00) for -80; 1.234,50 with a doubt. To the cent; what is finer is a fault."""
    if is_nothing(text):
        return Amount()
    cleaned = half_width(clean_text(text, lines=False)).strip()
    negative = bool(re.fullmatch(r"\(.*\)", cleaned))
    bare = cleaned[1:-1].strip() if negative else cleaned
    sign = ""
    if match := re.match(r"[-+]\s*(?=\D)", bare):  # -¥80
        sign, bare = match[0].strip(), bare[match.end() :]
    found = _WHOLE.fullmatch(bare)
    if found is None:
        return Amount(fault=_no_amount(cleaned))
    doubts: list[Reason] = []
    figure = _plain(found["figure"], cleaned, doubts)
    if figure is None:
        return Amount(fault=_no_amount(cleaned))
    number = figure * _TENS.get(found["ten"] or "", 1)
    if negative or sign == "-":
        number = -number
    if number != number.quantize(Decimal("0.01")):
        return Amount(
            fault=reason(
                "amount.fine",
                "金额“{text}”比分还细，请四舍五入到两位小数。",
                "The amount “{text}” is finer than a hundredth; round it to two places.",
                text=cleaned[:40],
            )
        )
    if abs(number) >= LARGEST:
        return Amount(fault=_no_amount(cleaned))
    return Amount(number.quantize(Decimal("0.01")), _currency(found, cleaned, doubts), tuple(doubts))


def _plain(figure: str, whole: str, doubts: list[Reason]) -> Decimal | None:
    """The number behind digits with separators; None where they do not tell which of them is the decimal point."""
    text = re.sub(r"[\s']", "", figure)
    if re.fullmatch(r"[-+]?\d{1,3}(\.\d{3})+,\d{1,2}|[-+]?\d+,\d{1,2}", text):
        read = text.replace(".", "").replace(",", ".")
        doubts.append(
            reason(
                "amount.comma",
                "“{text}”以逗号作小数点，按 {read} 读取，请核对。",
                "“{text}” has a comma for its decimal point; read as {read}. Please check.",
                text=whole[:40],
                read=read,
            )
        )
        text = read
    elif "," in text:
        if not re.fullmatch(
            r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?\d{1,4}(,\d{4})+(\.\d+)?|[-+]?\d{1,3}(,\d{2,3})+(\.\d+)?",
            text,
        ):
            return None
        text = text.replace(",", "")
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _currency(found: re.Match[str], whole: str, doubts: list[Reason]) -> str:
    words = [word.lower() for word in (found["before"], found["after"]) if word]
    codes = {"USD" if word == "$" else CURRENCIES[word] for word in words}
    if "$" in words:
        doubts.append(
            reason(
                "amount.dollar",
                "“{text}”只写了 $，按美元读取，请核对。",
                "“{text}” only says $; read as US dollars. Please check.",
                text=whole[:40],
            )
        )
    return codes.pop() if len(codes) == 1 else ""


def _no_amount(text: str) -> Reason:
    return reason("amount.form", "“{text}”不是金额。", "“{text}” is not an amount.", text=text[:40])

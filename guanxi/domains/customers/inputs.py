"""Typed pieces of input that several actions take: clean lines, telephone numbers, codes, birthdays."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any

from django.utils import timezone
from pydantic import AfterValidator, BeforeValidator

from guanxi.platform.imports import values
from guanxi.platform.imports.phones import read_phones
from guanxi.platform.kernel import Bad, Invalid, read_day

END_OF_DAY = time(18)
"""When a promise without an hour is due: the end of an office day, company time."""


def _line(value: Any) -> Any:
    return values.clean_text(value, lines=False) if isinstance(value, str) else value


def _lines(value: Any) -> Any:
    return values.clean_text(value) if isinstance(value, str) else value


def _read(reader: Any) -> Any:
    def read(text: str) -> str:
        found = reader(text)
        if found.fault:
            raise Bad(found.fault.text.zh, found.fault.text.en)
        if found.tag and not found.text:
            why = found.doubts[0].text if found.doubts else None
            raise Bad(why.zh if why else "填写有误", why.en if why else "This does not fit")
        return str(found.text)

    return read


def _birthday(text: str) -> str:
    found = values.day(text)
    if found.fault or (text and not found.text):
        raise Bad(
            "请填写公历生日，例如 1985-03-05，不知道年份时填 03-05",
            "Please enter a birthday such as 1985-03-05, or 03-05 without the year",
        )
    return found.text


def _month(text: str) -> str:
    try:
        return read_day(f"{text}-01").isoformat()[:7]
    except ValueError:
        raise Bad("请填写月份，例如 2026-03", "Please enter a month such as 2026-03") from None


def _short_birthday(value: Any) -> Any:
    """03-05 as people type it, as --03-05 as it is kept."""
    if isinstance(value, str) and len(cleaned := value.strip()) == 7 and cleaned.startswith("--"):
        return f"{cleaned[2:4]}月{cleaned[5:7]}日"
    return value


Line = Annotated[str, BeforeValidator(_line)]
"""One line: control and invisible characters go, line ends become blanks."""
Lines = Annotated[str, BeforeValidator(_lines)]
"""Text that may have line ends."""
Code = Annotated[str, BeforeValidator(_line), AfterValidator(_read(values.credit_code))]
Email = Annotated[str, BeforeValidator(_line), AfterValidator(_read(values.email))]
Website = Annotated[str, BeforeValidator(_line), AfterValidator(_read(values.website))]
Birthday = Annotated[str, BeforeValidator(_short_birthday), AfterValidator(_birthday)]
Month = Annotated[str, BeforeValidator(_line), AfterValidator(_month)]


def telephone(field: str, text: str, *, as_written: bool) -> tuple[str, str]:
    """(as shown, as E.164) of what was typed. Invalid at `field` unless every number in it can be dialled, or the
    person says that it stands `as_written`."""
    if not text:
        return "", ""
    cell = read_phones(text)
    numbers = cell.numbers
    whole = bool(numbers) and len(numbers) == len(cell.phones)
    if not whole and not as_written:
        why = cell.doubts[0].text if cell.doubts else None
        raise Invalid.field(
            field,
            (why.zh if why else "读不出完整的电话号码") + " 若号码确是如此，请勾选“按原样保存”。",
            (why.en if why else "No complete telephone number.")
            + " If the number is really so, tick “keep as written”.",
        )
    shown = "，".join(phone.shown for phone in cell.phones) if whole else text
    return shown[:60], numbers[0] if numbers else ""


def due_at(day: date, hour: time | None) -> datetime:
    """The moment a promise is due: that day at that hour, company time."""
    return timezone.make_aware(datetime.combine(day, hour or END_OF_DAY))

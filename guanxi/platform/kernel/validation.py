"""Pydantic's complaints in the two languages of the product, field by field."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from .text import Text

_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("请填写", "Please fill this in"),
    "string_type": ("请填写文字", "Please enter text"),
    "string_too_short": ("至少 {min_length} 个字", "At least {min_length} characters"),
    "string_too_long": ("最多 {max_length} 个字", "At most {max_length} characters"),
    "string_unicode": ("含有不能保存的字符", "There is a character in it that cannot be kept"),
    "string_pattern_mismatch": ("格式不对", "This does not have the right form"),
    "int_type": ("请填写整数", "Please enter a whole number"),
    "int_parsing": ("请填写整数", "Please enter a whole number"),
    "int_from_float": ("请填写整数", "Please enter a whole number"),
    "int_parsing_size": ("数字太大", "This number is too large"),
    "decimal_parsing": ("请填写数字", "Please enter a number"),
    "decimal_type": ("请填写数字", "Please enter a number"),
    "decimal_max_digits": ("最多 {max_digits} 位数字", "At most {max_digits} digits"),
    "decimal_max_places": ("最多 {decimal_places} 位小数", "At most {decimal_places} decimal places"),
    "float_parsing": ("请填写数字", "Please enter a number"),
    "finite_number": ("请填写数字", "Please enter a number"),
    "bool_parsing": ("请选择是或否", "Please choose yes or no"),
    "greater_than": ("须大于 {gt}", "Must be greater than {gt}"),
    "greater_than_equal": ("不能小于 {ge}", "Must be at least {ge}"),
    "less_than": ("须小于 {lt}", "Must be less than {lt}"),
    "less_than_equal": ("不能大于 {le}", "Must be at most {le}"),
    "date_parsing": ("请填写日期，例如 2026-03-05", "Please enter a date such as 2026-03-05"),
    "date_type": ("请填写日期，例如 2026-03-05", "Please enter a date such as 2026-03-05"),
    "date_from_datetime_parsing": ("请填写日期，例如 2026-03-05", "Please enter a date such as 2026-03-05"),
    "date_from_datetime_inexact": ("请只填日期", "Please enter a date without a time"),
    "datetime_parsing": (
        "请填写日期和时间，例如 2026-03-05 14:00",
        "Please enter date and time such as 2026-03-05 14:00",
    ),
    "datetime_type": (
        "请填写日期和时间，例如 2026-03-05 14:00",
        "Please enter date and time such as 2026-03-05 14:00",
    ),
    "datetime_from_date_parsing": (
        "请填写日期和时间，例如 2026-03-05 14:00",
        "Please enter date and time such as 2026-03-05 14:00",
    ),
    "timezone_aware": ("时间缺少时区", "The time has no zone"),
    "time_parsing": ("请填写时间，例如 14:00", "Please enter a time such as 14:00"),
    "enum": ("请从列出的选项中选择", "Please choose one of those listed"),
    "literal_error": ("请从列出的选项中选择", "Please choose one of those listed"),
    "list_type": ("请填写列表", "Please give a list"),
    "too_short": ("至少 {min_length} 项", "At least {min_length}"),
    "too_long": ("最多 {max_length} 项", "At most {max_length}"),
    "dict_type": ("格式不对", "This does not have the right form"),
    "model_type": ("格式不对", "This does not have the right form"),
    "extra_forbidden": ("没有这一项", "There is no such field"),
}
_OTHER = ("填写有误", "This does not fit")


class Bad(ValueError):
    """Raised in an input's own validator: the message in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh, en)
        super().__init__(en)


def messages(error: ValidationError) -> dict[str, list[Text]]:
    """Messages per field ('' for the whole); nested fields as 'lines.2.amount'."""
    found: dict[str, list[Text]] = {}
    for item in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in item["loc"])
        found.setdefault(name, []).append(_text(item))
    return found


def _text(item: Any) -> Text:
    context = dict(item.get("ctx") or {})
    cause = context.get("error")
    if isinstance(cause, Bad):
        return cause.text
    zh, en = _WORDS.get(item["type"], _OTHER)
    try:
        return Text(zh.format(**context), en.format(**context))
    except (KeyError, IndexError):
        return Text(*_OTHER)

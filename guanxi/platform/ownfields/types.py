"""The types a field may have: what is taken as a value, how it is kept, how it is shown.

Values are kept as JSON: texts, dates (2026-03-05), numbers (as text, "12.5", so that nothing is lost), codes and links as
text, several codes as a list, yes or no as "yes" or "no", a person as its number.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q

from guanxi.platform.kernel import Text, read_day

TEXT, LINES, NUMBER, MONEY, DATE, YESNO, CHOICE, MANY, LINK, PERSON = (
    "text", "lines", "number", "money", "date", "yesno", "choice", "many", "link", "person",
)  # fmt: skip
TYPES: dict[str, Text] = {
    TEXT: Text("单行文字", "Text"),
    LINES: Text("多行文字", "Long text"),
    NUMBER: Text("数字", "Number"),
    MONEY: Text("金额", "Amount of money"),
    DATE: Text("日期", "Date"),
    YESNO: Text("是或否", "Yes or no"),
    CHOICE: Text("单选", "One of several"),
    MANY: Text("多选", "Several of several"),
    LINK: Text("网址", "Link"),
    PERSON: Text("本公司人员", "Person of the company"),
}
WORDED = (TEXT, LINES, LINK)
"""Types that hold free words: they are searched, and their values stay out of the chain."""
NUMERIC = (NUMBER, MONEY)
CHOSEN = (CHOICE, MANY)
TOLD_AS = {NUMBER: "int", MONEY: "int", DATE: "date", YESNO: "bool", CHOICE: "str", MANY: "list[str]"}
"""As what the chain holds a value, so that conditions of packs can read it."""
ABOUT_PEOPLE: set[str] = set()
"""Kinds of rows that are persons."""
LONGEST_CHOICE = 40
LONGEST = {TEXT: 200, LINES: 2000, LINK: 500}
YES, NO = "yes", "no"
_YES = {"yes", "true", "1", "y", "是", "有", "对", "√", "✓"}
_NO = {"no", "false", "0", "n", "否", "无", "没有", "错", "×"}
_SINGLE = (str, int, float, bool, Decimal, date)
_PLAIN = re.compile(r"-?\d{1,15}(\.\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SEPARATORS = re.compile(r"[、,，;；|\n]+")


class Unfit(ValueError):
    """A value that a field cannot take, in words."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh, en)
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values to choose from. retired: kept where it stands, but not offered any more."""

    code: str
    label: Text
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """least, most: of a number, an amount or a date, as written. mask: A stands for a letter, 9 for a digit. stays: of a
    contact's field: it is their employer's, and does not go along to another. step: at which step it is asked for, of rows
    that are filled in step by step."""

    required: bool = False
    least: str = ""
    most: str = ""
    longest: int = 0
    mask: str = ""
    unit: str = ""
    decimals: int = 0
    help: Text = field(default_factory=lambda: Text("", ""))
    choices: Sequence[Choice] = ()
    personal: bool = False
    stays: bool = False
    step: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """A definition, as every part of the application reads it."""

    id: int
    subject: str
    key: str
    label: Text
    type: str
    rules: Rules
    section: str = ""
    retired: bool = False
    told_before: Mapping[str, str] = field(default_factory=dict)
    """Names under which the chain has held its values in earlier types, each with its type then."""
    changing: bool = False
    """Its values are being brought into another type."""

    @property
    def name(self) -> str:
        """Its name in lists and addresses."""
        return f"own_{self.key}"

    @property
    def path(self) -> str:
        """Its name in forms, messages and what changed."""
        return f"own.{self.key}"

    @property
    def in_chain(self) -> bool:
        """Whether the chain holds its values: codes, numbers and days that say nothing of a person."""
        return self.type in TOLD_AS and not self.rules.personal and self.subject not in ABOUT_PEOPLE

    @property
    def resting(self) -> bool:
        """Out of use: retired, or until its values are of another type."""
        return self.retired or self.changing

    @property
    def told_name(self) -> str:
        """Under which name the chain holds its values and conditions read them; '' where it holds none. What it held in
        another type keeps that name: facts are for ever."""
        if not self.in_chain:
            return ""
        names = itertools.chain([self.path], (f"{self.path}__{n}" for n in itertools.count(2)))
        return next(
            name for name in names if self.told_before.get(name, TOLD_AS[self.type]) == TOLD_AS[self.type]
        )

    @property
    def all_told(self) -> dict[str, str]:
        """Every name under which facts hold or held its values, with the type."""
        name = self.told_name
        return {**self.told_before, **({name: TOLD_AS[self.type]} if name else {})}

    # --- taking a value ---

    def read(self, given: Any) -> Any:
        """What is kept of a value as it was given; None for none. Unfit in words."""
        if given is None or given == "" or given == []:
            return None
        parts = given if self.type == MANY and isinstance(given, list | tuple) else [given]
        if not all(isinstance(part, _SINGLE) for part in parts):
            raise Unfit("格式不对", "This does not have the right form")
        reader = getattr(self, f"_{self.type}")
        return reader(given)

    def _words(self, given: Any) -> str:
        if not isinstance(given, str):
            raise Unfit("请填写文字", "Please enter text")
        keep = "\n" if self.type == LINES else ""
        text = given.replace("\r\n", "\n")
        text = "".join(c if c in keep or unicodedata.category(c) not in ("Cc", "Cs") else " " for c in text)
        most = self.rules.longest or LONGEST[self.type]
        text = text.strip()
        if len(text) > most:
            raise Unfit(f"最多 {most} 个字", f"At most {most} characters")
        return text

    def _text(self, given: Any) -> str | None:
        text = self._words(str(given) if isinstance(given, int | Decimal) else given)
        if text and self.rules.mask and not re.fullmatch(pattern(self.rules.mask), text):
            raise Unfit(
                f"须写成 {self.rules.mask} 的样子（A 是字母，9 是数字）",
                f"It has to look like {self.rules.mask} (A is a letter, 9 a digit)",
            )
        return text or None

    def _lines(self, given: Any) -> str | None:
        return self._words(given) or None

    def _link(self, given: Any) -> str | None:
        text = self._words(given)
        if not text:
            return None
        if "://" not in text:
            text = f"https://{text}"
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        if (
            parts.scheme not in ("http", "https")
            or "." not in (parts.hostname or "")
            or re.search(r"\s", text)
        ):
            raise Unfit(
                "请填写网址，例如 https://example.com", "Please enter a link such as https://example.com"
            )
        return text

    def _number(self, given: Any) -> str | None:
        return self._amount(given, self.rules.decimals)

    def _money(self, given: Any) -> str | None:
        return self._amount(given, 2)

    def _amount(self, given: Any, decimals: int) -> str | None:
        if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
            raise Unfit("请填写数字", "Please enter a number")
        text = unicodedata.normalize("NFKC", str(given)).strip().replace(",", "").lstrip("¥￥").strip()
        text = text.removesuffix(self.rules.unit).strip() if self.rules.unit else text
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise Unfit("请填写数字", "Please enter a number") from None
        if not number.is_finite():
            raise Unfit("请填写数字", "Please enter a number")
        if abs(number) >= 10**15:
            raise Unfit("数字太大", "This number is too large")
        if number != number.quantize(Decimal(1).scaleb(-decimals)):
            if decimals:
                raise Unfit(f"最多 {decimals} 位小数", f"At most {decimals} decimal places")
            raise Unfit("请填写整数", "Please enter a whole number")
        if self.rules.least and number < Decimal(self.rules.least):
            raise Unfit(f"不能小于 {self.rules.least}", f"Must be at least {self.rules.least}")
        if self.rules.most and number > Decimal(self.rules.most):
            raise Unfit(f"不能大于 {self.rules.most}", f"Must be at most {self.rules.most}")
        return plain(number)

    def _date(self, given: Any) -> str | None:
        if isinstance(given, date):
            given = given.isoformat()[:10]
        try:
            day = read_day(str(given)).isoformat()
        except ValueError:
            raise Unfit("请填写日期，例如 2026-03-05", "Please enter a date such as 2026-03-05") from None
        if self.rules.least and day < self.rules.least:
            raise Unfit(f"不能早于 {self.rules.least}", f"Not before {self.rules.least}")
        if self.rules.most and day > self.rules.most:
            raise Unfit(f"不能晚于 {self.rules.most}", f"Not after {self.rules.most}")
        return day

    def _yesno(self, given: Any) -> str | None:
        word = str(given).strip().lower()
        if word in _YES or word in _NO:
            return YES if word in _YES else NO
        raise Unfit("请选择是或否", "Please choose yes or no")

    def _choice(self, given: Any) -> str:
        return self._code(given)

    def _code(self, given: Any) -> str:
        """The code of a choice, by its code or its words."""
        word = str(given).strip()
        for choice in self.rules.choices:
            if word == choice.code:
                return choice.code
        for choice in self.rules.choices:
            if not choice.retired and word.lower() in (choice.label.zh.lower(), choice.label.en.lower()):
                return choice.code
        raise Unfit("请从列出的选项中选择", "Please choose one of those listed")

    def _many(self, given: Any) -> list[str] | None:
        parts = _SEPARATORS.split(given) if isinstance(given, str) else given
        if not isinstance(parts, list | tuple):
            raise Unfit("请填写列表", "Please give a list")
        wanted = {self._code(part) for part in parts if str(part).strip()}
        return [c.code for c in self.rules.choices if c.code in wanted] or None

    def _person(self, given: Any) -> int:
        from guanxi.platform.people.models import Person
        from guanxi.platform.people.reads import at_work

        text = str(given).strip()
        if text.isdecimal():
            person = at_work(int(text)) if len(text) < 19 else None
        else:  # as files name people: only where it can be nobody else
            found = Person.objects.filter(Q(name=text) | Q(username__iexact=text), is_active=True)[:2]
            person = found[0] if len(found) == 1 else None
        if person is None:
            raise Unfit("请从列表中选一个", "Please choose one from the list")
        return int(person.pk)

    def kept(self, value: Any) -> Any:
        """A value that was kept aside, as the field keeps it now. Its rules are not asked again, only its type: where that was
        another then, it is read anew. Unfit in words."""
        return value if self.of_this_type(value) else self.read(value)

    def of_this_type(self, value: Any) -> bool:
        """Whether a value has the form in which this type is kept."""
        if self.type == PERSON:
            return isinstance(value, int) and not isinstance(value, bool)
        codes = {choice.code for choice in self.rules.choices}
        if self.type == MANY:
            return isinstance(value, list) and bool(value) and all(code in codes for code in value)
        if not isinstance(value, str):
            return False
        if self.type in NUMERIC:
            return bool(_PLAIN.fullmatch(value))
        if self.type == DATE:
            return bool(_DAY.fullmatch(value))
        return value in (YES, NO) if self.type == YESNO else self.type != CHOICE or value in codes

    # --- showing a value ---

    def typed(self, value: Any, names: Mapping[int, str] | None = None) -> Any:
        """A kept value as lists show and sort it; '' where there is none. names: see `said`."""
        if value in (None, "", []):
            return ""
        try:
            if self.type in NUMERIC:
                return Decimal(value)
            if self.type == DATE:
                return date.fromisoformat(value)
        except (InvalidOperation, TypeError, ValueError):  # a text that erasing somebody struck through
            return str(value)
        return self.said(value, names)

    def said(self, value: Any, names: Mapping[int, str] | None = None) -> Any:
        """A kept value in words. names: of the persons that the rows at hand name, asked for once (`people_of`); None where
        there is but this value."""
        if value in (None, "", []):
            return ""
        if isinstance(value, list):
            found = [self._words_of(code) for code in value]
            return Text("、".join(t.zh for t in found), ", ".join(t.en for t in found))
        if self.type == YESNO:
            return {YES: Text("是", "Yes"), NO: Text("否", "No")}.get(value, str(value))
        if self.type in CHOSEN:
            return self._words_of(str(value))
        if self.type == NUMBER and self.rules.unit:
            return f"{value} {self.rules.unit}"
        if self.type == MONEY:
            return f"¥{Decimal(value):,}" if self.of_this_type(value) else str(value)
        if self.type == PERSON:
            return (names_of([value]) if names is None else names).get(value, "")
        return str(value)

    def _words_of(self, code: str) -> Text:
        found = next((c.label for c in self.rules.choices if c.code == code), None)
        return found or Text(code, code)

    def told(self, value: Any) -> Any:
        """A kept value as the chain holds it and conditions read it: whole numbers (what stands behind the point is left
        out), truth values, days and codes."""
        if value in (None, "", []):
            return None
        if self.type in NUMERIC:
            return int(Decimal(value).to_integral_value(rounding="ROUND_FLOOR"))
        return value == YES if self.type == YESNO else value


def people_of(known: Iterable[Own], rows: Iterable[Mapping[str, Any]]) -> Mapping[int, str]:
    """The names of all persons whom the values of some rows name: one question, or none."""
    keys = [own.key for own in known if own.type == PERSON]
    ids = (
        {values[key] for values in rows for key in keys if isinstance(values.get(key), int)}
        if keys
        else set()
    )
    return names_of(ids) if ids else {}


def names_of(ids: Iterable[int]) -> Mapping[int, str]:
    """Person -> name, also of those who have left."""
    from guanxi.platform.people.models import Person

    return dict(Person.objects.filter(pk__in=list(ids)).values_list("pk", "name"))


def plain(number: Decimal) -> str:
    """A number as it is kept: without an exponent and zeros that say nothing."""
    text = format(number.normalize(), "f")
    return "0" if text in ("-0", "") else text


def pattern(mask: str) -> str:
    """A mask as a regular expression."""
    found = {"A": "[A-Za-z]", "9": "[0-9]"}
    return "".join(found.get(sign) or re.escape(sign) for sign in mask)


def rules_of(kept: Mapping[str, Any]) -> Rules:
    """The rules as the definition's row keeps them."""
    words = kept.get("help") or ["", ""]
    return Rules(
        required=bool(kept.get("required")),
        least=kept.get("least", ""),
        most=kept.get("most", ""),
        longest=int(kept.get("longest") or 0),
        mask=kept.get("mask", ""),
        unit=kept.get("unit", ""),
        decimals=int(kept.get("decimals") or 0),
        help=Text(words[0], words[1] or words[0]),
        choices=tuple(
            Choice(c["code"], Text(c["zh"], c["en"] or c["zh"]), bool(c.get("retired")))
            for c in kept.get("choices", ())
        ),
        personal=bool(kept.get("personal")),
        stays=bool(kept.get("stays")),
        step=kept.get("step", ""),
    )

"""Guess which field each column is for, from its name and from what stands in it.

A guess says why and how sure it is (0 to 1); people change it by hand. The mapping is plain data: it can be
kept as JSON and used again for the next file of the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from guanxi.cores.matching.words import SURNAMES

from .countries import is_country
from .fields import BY_NAME, FIELDS, OTHER, OWN, Field, field_called, normal
from .kinds import is_date, is_email, is_mobile, is_phone, is_url
from .places import gazetteer
from .programs import Program, recognise
from .reasons import Reason, reason
from .sheet import Sheet
from .values import credit_code, grade, is_nothing

_ORGANISATION = re.compile(
    r"公司|集团|医院|学校|大学|学院|中心|银行|工厂|厂$|店$|酒店|研究院|研究所|事务所|协会|委员会|局$|院$|站$|所$|"
    r"\b(co|ltd|inc|llc|gmbh|corp|company|s\.a|plc|group|hotel|bank)\b",
    re.I,
)
_STREET = re.compile(
    r"[路街道巷弄村镇乡]|\d号|\b(street|str|st|road|rd|ave|avenue|blvd|lane|square|rue|via|calle)\b", re.I
)
_LEAST = 0.5
_BY_NAME = 0.9
"""In a known program's export only its name makes a further column a field: a list of favourite teas is no place."""


NOTHING = reason(
    "column.unknown",
    "列名和内容都看不出用途。",
    "Neither its name nor its values tell what the column is for.",
)


@dataclass(frozen=True, slots=True)
class Guess:
    """The field of one column ('' for none), how sure (0 to 1), and why."""

    column: int
    header: str
    field: str
    certainty: float
    reason: Reason


@dataclass(frozen=True)
class Mapping:
    """Which field each column goes into; columns not named are left out."""

    fields: dict[int, str]
    headers: tuple[str, ...] = ()

    @cached_property
    def _places(self) -> dict[str, tuple[int, ...]]:
        """Field -> its columns, from the left."""
        found: dict[str, tuple[int, ...]] = {}
        for index, name in sorted(self.fields.items()):
            found[name] = (*found.get(name, ()), index)
        return found

    def column(self, field: str) -> int | None:
        """The first column of `field`, or None."""
        places = self._places.get(field)
        return places[0] if places else None

    def columns(self, field: str) -> list[int]:
        """All columns of `field`, from the left."""
        return list(self._places.get(field, ()))

    def with_field(self, column: int, field: str) -> Mapping:
        """The mapping after a person chose `field` ('' for none) for `column`.

        A field for one column only leaves the column it was on. ValueError for an unknown field.
        """
        known = field_called(field) if field else None
        if field and known is None:
            raise ValueError(f"unknown field {field!r}")
        fields = {
            index: name
            for index, name in self.fields.items()
            if index != column and (name != field or (known is not None and known.several))
        }
        if field:
            fields[column] = field
        return Mapping(fields, self.headers)

    def as_json(self) -> dict[str, Any]:
        """Plain data: {"columns": [{"column": 0, "header": "电话", "field": "account.phone"}, …]}."""
        return {
            "columns": [
                {
                    "column": index,
                    "header": self.headers[index] if index < len(self.headers) else "",
                    "field": name,
                }
                for index, name in sorted(self.fields.items())
            ]
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], headers: Sequence[str]) -> Mapping:
        """The mapping for a file with these headers: columns are found by name, so their order may differ.

        Raises ValueError on unknown fields or malformed data; columns that the file lacks are left out. What was a field
        of the company's own and is none any more goes into the note.
        """
        places = {header: index for index, header in reversed(list(enumerate(headers)))}
        mapping = cls({}, tuple(headers))
        try:
            entries = [(str(entry["header"]), str(entry["field"])) for entry in data["columns"]]
        except (KeyError, TypeError) as error:
            raise ValueError("a mapping is {'columns': [{'header': …, 'field': …}]}") from error
        for header, field in entries:
            if field.startswith(OWN) and field_called(field) is None:
                field = OTHER
            if header in places:
                mapping = mapping.with_field(places[header], field)
        return mapping


def guess(sheet: Sheet, *, sample: int = 300, more: Sequence[Field] = ()) -> list[Guess]:
    """One guess per column, looking at the first `sample` rows of the header's width. `more`: the company's own fields."""
    width = len(sheet.header)
    looked_at = [row for row in sheet.rows[: sample * 2] if len(row.cells) == width] or list(sheet.rows)
    values = [
        [
            cell[:300]
            for row in looked_at[:sample]
            if index < len(row.cells) and not is_nothing(cell := row.cells[index])
        ]
        for index in range(width)
    ]
    offers: list[tuple[float, int, Field, Reason]] = []
    evidence = [_evidence(cells) for cells in values]
    persons = any(
        _named(header, BY_NAME[f"contact.{part}"]) == 1.0
        for header in sheet.header
        for part in ("name", "given")
    )
    chosen = _by_program(sheet, values)
    least = _BY_NAME if chosen else _LEAST
    used = {each.field for each in chosen.values()} - {""}
    fields = (*more, *FIELDS)  # what the company has named itself comes before what is called the same
    for index, header in enumerate(sheet.header):
        if index in chosen:
            continue
        for field in fields:
            score, why = _score(header, field, evidence[index], bool(values[index]), persons)
            if score >= least:
                offers.append((score, index, field, why))
    offers.sort(key=lambda offer: (-offer[0], offer[1]))
    for score, index, field, why in offers:
        if index in chosen or (field.name in used and not field.several):
            continue
        chosen[index] = Guess(index, sheet.header[index], field.name, round(score, 2), why)
        used.add(field.name)
    return [
        chosen.get(index) or Guess(index, header, "", 0.0, NOTHING)
        for index, header in enumerate(sheet.header)
    ]


def guess_among(
    sheet: Sheet, fields: Sequence[Field], looks: Table[str, Callable[[str], bool]], *, sample: int = 300
) -> list[Guess]:
    """One guess per column among the fields of something else than customers. looks: by field, whether a value looks like
    one of it; a column of that name with none such is a weak guess, one that is nameless but full of such none."""
    values = [
        [cell for cell in sheet.column(i)[:sample] if not is_nothing(cell)] for i in range(len(sheet.header))
    ]
    offers: list[tuple[float, int, Field]] = []
    for index, header in enumerate(sheet.header):
        for field in fields:
            score = _named(header, field)
            look = looks.get(field.name)
            if score and look is not None and values[index] and not any(map(look, values[index])):
                score *= 0.5
            if score >= _LEAST:
                offers.append((round(min(score, 1.0), 2), index, field))
    chosen: dict[int, Guess] = {}
    used: set[str] = set()
    for score, index, field in sorted(offers, key=lambda offer: (-offer[0], offer[1])):
        if index in chosen or (field.name in used and not field.several):
            continue
        chosen[index] = Guess(index, sheet.header[index], field.name, score, _by_name(sheet.header[index]))
        used.add(field.name)
    return [
        chosen.get(index) or Guess(index, header, "", 0.0, NOTHING)
        for index, header in enumerate(sheet.header)
    ]


def _by_program(sheet: Sheet, values: list[list[str]]) -> dict[int, Guess]:
    """Column -> its place, for a file that a known program wrote. Of two columns for a field that takes one, the first
    that holds something has it; the other is kept in the note."""
    program = recognise(sheet.header)
    if program is None:
        return {}
    chosen: dict[int, Guess] = {}
    used: set[str] = set()
    order = sorted(range(len(sheet.header)), key=lambda index: (not values[index], index))
    for index in order:
        header = sheet.header[index]
        field = program.field_of(header)
        if field is None:
            continue
        if field and field in used and not BY_NAME[field].several:
            other = "account.addresses" if header.endswith("地址") else OTHER  # 注册地址 beside 企业地址
            field = other if values[index] else ""
        chosen[index] = Guess(index, header, field, 1.0, _known(program, header, field))
        used.add(field)
    return chosen


def _known(program: Program, header: str, field: str) -> Reason:
    if not field:
        return reason(
            "column.left_out",
            "{zh}中与客户无关的列。",
            "A column of {en} that says nothing of the customer.",
            zh=program.name.zh,
            en=program.name.en,
        )
    return reason(
        "column.program",
        "{zh}的“{header}”列。",
        "The column “{header}” of {en}.",
        zh=program.name.zh,
        en=program.name.en,
        header=header,
    )


def mapping_of(guesses: Sequence[Guess]) -> Mapping:
    """The mapping that the guesses amount to."""
    return Mapping(
        {each.column: each.field for each in guesses if each.field}, tuple(each.header for each in guesses)
    )


def _named(header: str, field: Field) -> float:
    """1 where the header is one of the field's words, less where it only holds one, 0 where it does not."""
    text = normal(re.sub(r"\(\d+\)$", "", header.strip()))
    bare = re.sub(r"\d+$", "", text)
    if text in field.words or (bare and bare in field.words):
        return 1.0
    if field.exact:
        return 0.0
    inside = [word for word in field.words if len(word) >= (2 if not word.isascii() else 4) and word in text]
    if not inside:
        return 0.0
    return 0.55 + 0.3 * max(len(word) for word in inside) / len(text)


def _evidence(cells: list[str]) -> dict[str, float]:
    """Share of the values that look like each field's."""
    if not cells:
        return {}
    count = len(cells)
    tables = gazetteer()

    def share(test: Any) -> float:
        return sum(1 for cell in cells if test(cell.strip())) / count

    found = {
        "account.email": share(is_email),
        "account.website": share(is_url),
        "account.credit_code": share(lambda cell: len(cell) == 18 and bool(credit_code(cell).text)),
        "contact.mobile": share(is_mobile),
        "account.phone": share(lambda cell: is_phone(cell) and not is_date(cell)),
        "contact.birthday": share(is_date),
        "account.country": share(is_country),
        "account.province": share(lambda cell: cell in tables.provinces),
        "account.city": share(lambda cell: cell in tables.cities),
        "account.district": share(lambda cell: cell in tables.districts or cell in tables.changes),
        "account.grade": share(lambda cell: bool(grade(cell).text)),
        "account.postcode": share(lambda cell: bool(re.fullmatch(r"\d{6}", cell))),
        "contact.name": share(
            lambda cell: bool(re.fullmatch(r"[\u3400-\u9fff·]{2,4}", cell)) and cell[0] in SURNAMES
        ),
        "account.name": share(lambda cell: bool(_ORGANISATION.search(cell)) and len(cell) <= 60),
        "account.address": share(lambda cell: bool(_STREET.search(cell)) and any(c.isdigit() for c in cell)),
    }
    if found["account.name"] > 0.5:
        found["account.address"] = found["account.address"] * 0.5
    return found


_FREE = frozenset(
    {
        "account.email",
        "account.credit_code",
        "contact.mobile",
        "account.phone",
        "account.country",
        "account.district",
    }
    | {
        "account.province",
        "account.city",
        "contact.name",
        "account.name",
        "account.address",
        "account.website",
    }
)
_DENIED = {
    "account.email": "account.email",
    "contact.email": "account.email",
    "contact.birthday": "contact.birthday",
    "account.phone": "account.phone",
    "account.fax": "account.phone",
    "contact.phone": "account.phone",
    "contact.mobile": "account.phone",
}


def _score(
    header: str, field: Field, evidence: dict[str, float], filled: bool, persons: bool
) -> tuple[float, Reason]:
    named = _named(header, field)
    if field.name.startswith(OWN):
        return (1.0, _by_name(header)) if named == 1.0 else (named * 0.9, _by_name(header))
    seen = evidence.get(field.name, 0.0)
    if named and filled:
        key = _DENIED.get(field.name)
        if key and evidence.get(key, 0.0) < 0.2:
            named *= 0.7
    if field.name == "account.addresses":
        return named * 0.6, _by_name(header)  # the first address is the main one
    if field.name == "account.address" and _named(header, BY_NAME["account.addresses"]):
        named *= 0.98  # 收货地址 beside 地址
    if field.name == "account.name" and named == 1.0 and normal(header) in ("name", "名称", "名稱"):
        named = 0.9 if seen >= evidence.get("contact.name", 0.0) else 0.5
    if field.name == "contact.name" and named == 1.0 and normal(header) == "姓名":
        named = 0.99
    if field.name == "account.phone" and persons and named and evidence.get("contact.mobile", 0.0) > 0.7:
        return 0.7, _by_name(header)
    if field.name == "contact.mobile" and persons and evidence.get("contact.mobile", 0.0) > 0.7:
        if not named and _named(header, BY_NAME["account.phone"]):
            return 0.9, _by_both(header, seen)
    if named >= 0.99:
        return min(1.0, 0.9 + 0.1 * seen), _by_name(header)
    if named:
        return min(0.89, named + 0.2 * seen), _by_both(header, seen) if seen > 0.3 else _by_name(header)
    if field.name in _FREE and seen >= 0.8:
        return 0.5 + 0.2 * seen, _by_values(seen)
    return 0.0, _by_name(header)


def _by_name(header: str) -> Reason:
    return reason("column.name", "列名“{header}”。", "The column is called “{header}”.", header=header)


def _by_values(share: float) -> Reason:
    return reason(
        "column.values",
        "{share}% 的内容像这一项。",
        "{share}% of the values look like it.",
        share=round(share * 100),
    )


def _by_both(header: str, share: float) -> Reason:
    return reason(
        "column.both",
        "列名“{header}”，且 {share}% 的内容像这一项。",
        "The column is called “{header}”, and {share}% of the values look like it.",
        header=header,
        share=round(share * 100),
    )

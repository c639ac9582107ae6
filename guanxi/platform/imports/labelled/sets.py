"""The two halves of the labelled set: customers, which of them are one, and where they come from.

A made-up customer stands there as a well-kept list would hold it; beside some stand one or two corrupted copies (the
same customer) and look-alikes (other customers). A corrupted copy is only taken where a careful person could still tell:
a name that says little needs a number, an address or a code beside it. Every draw has a fixed seed, so that the set is
the same everywhere; the labels of the public files are row numbers (`public.py`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from random import Random

from ..cells import Reader, Reading
from ..columns import Mapping
from ..values import half_width
from .corruptions import HARD, OF_NAME, OF_REST
from .lookalikes import LOOKALIKES
from .public import public
from .rows import Part, Row, draw, entities

HEADER = ("名称", "联系人", "电话", "手机", "地址", "区县", "城市", "国家", "统一社会信用代码")
FIELDS = (
    "account.name", "contact.name", "account.phone", "contact.mobile", "account.address", "account.district",
    "account.city", "account.country", "account.credit_code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of the set. same: its label, shared by those that are one. how: what was done to it, '' where nothing;
    a look-alike's begins with !."""

    number: int
    row: Row
    same: str
    source: str
    how: str = ""
    of: int = -1
    """The customer whose copy it is, -1 for none."""


@dataclass
class Labelled:
    """A half of the set. unclear: pairs of numbers of which nobody can say; they count neither way."""

    part: Part
    customers: list[Customer] = field(default_factory=list)
    unclear: set[tuple[int, int]] = field(default_factory=set)

    def pairs(self) -> dict[tuple[int, int], str]:
        """(number, number), smaller first, of every two that are one -> how the later differs."""
        by: dict[str, list[Customer]] = defaultdict(list)
        for customer in self.customers:
            by[customer.same].append(customer)
        return {
            (one.number, other.number): other.how or one.how or other.source
            for found in by.values()
            for one, other in combinations(found, 2)
            if (one.number, other.number) not in self.unclear
        }

    def digest(self) -> str:
        """What stands in the set, as a hash: it changes with any cell, label or order."""
        told = [[c.number, c.same, c.how, *dataclasses.astuple(c.row)] for c in self.customers]
        body = json.dumps([told, sorted(self.unclear)], ensure_ascii=False)
        return hashlib.sha256(body.encode()).hexdigest()

    def readings(self) -> list[Reading]:
        """Each customer as the import reads it, in their order."""
        reader = Reader(HEADER, Mapping(dict(enumerate(FIELDS)), HEADER), home_city="杭州市")
        return [
            reader.read(
                (r.name, r.contact, r.phone, r.mobile, r.address, r.district, r.city, r.country, r.code)
            )
            for r in (customer.row for customer in self.customers)
        ]


def labelled(part: Part, folder: Path | None = None) -> Labelled:
    """A half of the set; with the public files where `folder` (see GUANXI_TRY_DATA) holds them."""
    made = Labelled(part)
    taken: set[tuple[str, str, str]] = set()
    names: set[str] = set()

    def add(row: Row, same: str, source: str, how: str = "", of: int = -1) -> int:
        looks = (row.name, f"{row.phone}{row.mobile}", row.address)
        if looks in taken and of >= 0:
            return -1
        taken.add(looks)
        names.add(_essence(row.name))
        made.customers.append(Customer(len(made.customers), row, same, source, how, of))
        return len(made.customers) - 1

    originals = [(row, add(row, f"{row.kind}:{row.name}", row.kind)) for row in entities(part)]
    found = public(part, folder) if folder is not None else None
    numbers = (
        {(file, number): add(row, same, file) for file, number, row, same in found.rows} if found else {}
    )
    for file, one, other in found.unclear if found else ():
        made.unclear.add(_pair(numbers[file, one], numbers[file, other]))
    used: Counter[str] = Counter()
    for row, number in originals:
        chance = draw("copies", part, row.name, row.kind)
        for copy in range(chance.choices((0, 1, 2), (30, 52, 18))[0]):
            wrong = corrupted(row, draw("copy", part, row.name, copy), part, used, names)
            if wrong is not None:
                add(wrong[0], f"{row.kind}:{row.name}", row.kind, wrong[1], number)
        for name in chance.sample(sorted(LOOKALIKES), len(LOOKALIKES)):
            other_one = LOOKALIKES[name](row, draw("other", part, row.name, name), part)
            wanted = chance.random() < 0.34
            if other_one is None or not wanted:
                continue
            if name in ("chain", "namesake") or _essence(other_one.name) not in names:
                add(other_one, f"!{row.kind}:{row.name}:{name}", row.kind, f"!{name}")
    for file, row_number, row, same in found.rows if found else ():
        chance = draw("public", part, file, row_number)
        if chance.random() < 0.3:
            wrong = corrupted(row, chance, part, used, names)
            if wrong is not None:
                add(wrong[0], same, file, wrong[1], numbers[file, row_number])
    _leave_out_what_nobody_could_tell(made)
    return made


def _leave_out_what_nobody_could_tell(made: Labelled) -> None:
    """Two copies of one customer may have nothing left in common: such a pair counts neither way."""
    for one, other in list(made.pairs()):
        left, right = made.customers[one], made.customers[other]
        if (left.of < 0 and right.of < 0) or left.of == other or right.of == one:
            continue
        if not beside(left.row, right.row) and _essence(left.row.name) != _essence(right.row.name):
            made.unclear.add((one, other))


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _essence(name: str) -> str:
    """A name whatever the order of place and word, and whatever the legal form."""
    text = re.sub("股份|有限|责任|集团|公司|市|省", "", half_width(name).casefold())
    return "".join(sorted(sign for sign in text if sign.isalnum()))


def corrupted(
    row: Row, chance: Random, part: Part, used: Counter[str], names: set[str]
) -> tuple[Row, str] | None:
    """The row written by somebody else, and by which means; kinds that were seldom used so far come first. A new name
    is none of those that others have."""
    for _ in range(30):
        many = chance.choices((1, 2, 3), (40, 42, 18))[0]
        options = [*OF_NAME.items(), *OF_REST.items()]
        weights = [1 / (1 + used[name]) ** 0.5 for name, _ in options]
        wrong, how = row, list[str]()
        for name, way in chance.choices(options, weights, k=many):
            if name in how or (name in HARD and any(h in HARD for h in how)):
                continue
            next_row = way(wrong, chance, part)
            if next_row is not None and next_row != wrong:
                wrong, how = next_row, [*how, name]
        if "renamed" in how and _essence(wrong.name) in names:
            continue
        if how and decidable(row, wrong, how):
            used.update(how)
            return replace(wrong, word="", trade=""), "+".join(sorted(how))
    return None


def decidable(row: Row, wrong: Row, how: list[str]) -> bool:
    """Whether a careful person who sees both rows would say that they are one customer."""
    weight = beside(row, wrong)
    registered = bool(re.search(r"(公司|厂|事务所)$", row.name)) or row.kind == "foreign"
    if "swapped" in how or "renamed" in how:
        return weight >= 2
    if "short" in how and row.kind == "person":
        return bool(_digits(row) & _digits(wrong))
    if "short" in how or "typo" in how:
        return weight >= 1
    if row.kind == "person":
        return weight >= 1
    if not registered or "where" in how:
        return weight >= 1
    return (
        weight >= 1
        or not wrong.address
        or not wrong.phone
        or set(how) <= {"traditional", "wide", "other_phone", "moved"}
    )


def beside(row: Row, other: Row) -> int:
    """What two rows share beside their names: a number 1, a door 1, a code 2."""
    same_door = _door(row) != "" and _door(row) == _door(other)
    same_code = bool(row.code) and half_width(row.code) == half_width(other.code)
    return bool(_digits(row) & _digits(other)) + same_door + 2 * same_code


def _digits(row: Row) -> set[str]:
    """The last seven digits of each number of the row."""
    cells = (re.sub(r"转\d+$", "", half_width(cell)) for cell in (row.phone, row.mobile))
    return {digits[-7:] for cell in cells if len(digits := re.sub(r"\D", "", cell)) >= 7}


def _door(row: Row) -> str:
    """Road and number."""
    text = half_width(row.address).casefold()
    if row.kind == "foreign" or not re.search(r"[\u3400-\u9fff]", text):
        return re.sub(r"\b(street|st|road|rd)\b\.?", "", text).replace(" ", "")
    match = re.search(r"([\u3400-\u9fff]{2})(?:路|街|道|巷|大道)(\d+)", text)
    return f"{match[1]}{match[2]}" if match else text

"""Customers as a spreadsheet holds them, and the fixed draws by which made-up ones get numbers and addresses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal

from ..addresses import find_city
from ..places import City

Part = Literal["train", "judged"]
PARTS: tuple[Part, ...] = ("train", "judged")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one customer, as somebody typed them. `kind`: company, institution, foreign or person; `word` and
    `trade` are what the maker knows of a company's name (恒远, 电子) and no matcher sees."""

    name: str
    kind: str
    contact: str = ""
    phone: str = ""
    mobile: str = ""
    address: str = ""
    district: str = ""
    city: str = ""
    country: str = ""
    code: str = ""
    word: str = ""
    trade: str = ""

    def but(self, **changes: str) -> Row:
        """The row with some cells otherwise."""
        return replace(self, **changes)


def draw(*words: object) -> Random:
    """A source of chance that is the same in every run and on every machine."""
    return Random("|".join(str(word) for word in words))  # noqa: S311 (no secret)


def part_of(text: str) -> Part:
    """The half of the set to which a line belongs, for ever: by its hash, so that new lines move no old one."""
    return PARTS[hashlib.sha256(text.encode()).digest()[0] % 2]


@cache
def lines(name: str) -> tuple[tuple[str, ...], ...]:
    """A list's lines, split at tabs."""
    text = (files(__package__) / "lists" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line and not line.startswith("#"))


ROADS = (
    "文三路 人民路 解放路 中山北路 建设路 长江路 滨海大道 体育场路 学院路 新华路 延安路 环城西路 江南大道 迎宾大道 "
    "工业路 创业路 平安街 朝阳街 和平巷 锦绣路 通江路 望江街 柳浪路 莲花街 桂花路 石塘路 南山路 北辰路 东风路 "
    "西园路 广场路 科园路 兴业街 府前街 育才路 站前路 龙泉路 凤起街 大学路 湖滨路"
).split()
BUILDINGS = "天和大厦 国际商务中心 创新园 金座 汇丰楼 世纪广场 互联网产业园 科创大厦".split()
_LONG = "杭州 宁波 苏州 南京 成都 武汉 青岛 西安 广州 深圳 温州 嘉兴 绍兴".split()
"""Cities whose numbers have eight digits."""
_HOME = {"北京", "上海", "天津", "重庆"}


def place(city: str) -> City:
    """A city of the lists."""
    found = find_city(city)
    if found is None:
        raise LookupError(city)
    return found


def district(city: str, chance: Random) -> str:
    """One of its districts."""
    known = [d for d in place(city).districts if d.endswith("区")]
    return chance.choice(known or list(place(city).districts))


def address(city: str, chance: Random, within: str = "") -> str:
    """A made-up address in full: 浙江省杭州市西湖区文三路90号天和大厦1203室."""
    home = place(city)
    province = "" if city in _HOME else home.province
    room = f"{chance.choice(BUILDINGS)}{chance.randint(3, 28)}{chance.randint(1, 12):02d}室"
    floor = f"{chance.randint(1, 9)}幢{chance.randint(1, 6)}楼"
    tail = chance.choice(("", "", room, floor))
    return f"{province}{home.name}{within or district(city, chance)}{chance.choice(ROADS)}{chance.randint(1, 1200)}号{tail}"


def landline(city: str, chance: Random) -> str:
    """A made-up number in the city's area."""
    code = place(city).area_code
    long = len(code) == 3 or city in _LONG
    return f"{code}-{chance.choice('8')}{chance.randint(0, 10**7 - 1 if long else 10**6 - 1):0{7 if long else 6}d}"


def mobile(chance: Random) -> str:
    """A made-up mobile number, of a range that belongs to machines and no person."""
    return f"141{chance.randint(0, 99_999_999):08d}"


def credit_code(chance: Random) -> str:
    """A made-up credit code whose check digit is right."""
    from stdnum.cn import uscc

    body = f"91330{chance.randint(100, 999)}MA2" + "".join(
        chance.choice("0123456789ABCDEFGH") for _ in range(6)
    )
    return body + str(uscc.calc_check_digit(body))


def person(chance: Random, part: Part, *, western: bool = False) -> str:
    """Somebody of the list of people, of this half."""
    known = [
        n for (n,) in lines("people") if part_of(n) == part and bool(re.search("[A-Za-z]", n)) == western
    ]
    return chance.choice(known)


def entities(part: Part) -> Iterable[Row]:
    """The made-up customers of one half, each with what a well-kept list would hold of it."""
    for name, city, word, trade in lines("companies"):
        if part_of(name) == part:
            c = draw("company", name)
            yield Row(
                name, "company", person(c, part), landline(city, c), mobile(c) if c.random() < 0.6 else "",
                address(city, c), "", "", "", credit_code(c) if c.random() < 0.45 else "", word, trade,
            )  # fmt: skip
    for name, city, where in lines("institutions"):
        if part_of(name) == part:
            c = draw("institution", name)
            contact = person(c, part) if c.random() < 0.5 else ""
            yield Row(name, "institution", contact, landline(city, c), "", address(city, c, where))
    for name, city, country, street in lines("foreign"):
        if part_of(name) == part:
            c = draw("foreign", name)
            number = f"+{COUNTRY_CODES[country]} {c.randint(20, 99)} {c.randint(2000000, 9899999)}"
            yield Row(name, "foreign", person(c, part, western=True), number, "", street, "", city, country)
    for (name,) in lines("people"):
        if (
            part_of(name) == part
            and not re.search("[A-Za-z]", name)
            and part_of(f"customer {name}") == "train"
        ):
            c = draw("person", name)
            city = c.choice(("杭州", "宁波", "上海", "成都", "厦门"))
            yield Row(
                name, "person", "", landline(city, c) if c.random() < 0.3 else "", mobile(c),
                address(city, c) if c.random() < 0.7 else "",
            )  # fmt: skip


COUNTRY_CODES = {
    "Argentina": 54, "Australia": 61, "Austria": 43, "Azerbaijan": 994, "Belgium": 32, "Brazil": 55, "Canada": 1, "Chile": 56,
    "Colombia": 57, "Czech Republic": 420, "Denmark": 45, "Finland": 358, "France": 33, "Germany": 49, "Greece": 30,
    "Guatemala": 502, "Hong Kong": 852, "Hungary": 36, "India": 91, "Ireland": 353, "Italy": 39, "Japan": 81, "Kenya": 254,
    "Malaysia": 60, "Mexico": 52, "Morocco": 212, "Netherlands": 31, "New Zealand": 64, "Norway": 47, "Philippines": 63,
    "Poland": 48, "Portugal": 351, "Singapore": 65, "Slovenia": 386, "South Africa": 27, "South Korea": 82, "Spain": 34,
    "Sweden": 46, "Switzerland": 41, "Taiwan": 886, "Thailand": 66, "Turkey": 90, "UAE": 971, "UK": 44, "USA": 1,
    "Venezuela": 58, "Vietnam": 84, "Zambia": 260,
}  # fmt: skip

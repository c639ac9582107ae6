"""Provinces, cities, districts and area codes of China, and what became of renamed districts.

`data/places.txt` is the table; `data/renamed.txt` the changes that old customer lists still predate; `data/towns.txt`
the towns of each district, read only where a district is in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

_PROVINCE_TAILS = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市")
_CITY_TAILS = ("市", "地区", "盟")
TOWN_TAILS = ("街道", "镇", "乡", "苏木")


@dataclass(frozen=True, slots=True)
class City:
    """A city of prefecture level (or a county directly under its province) and its telephone area code."""

    name: str
    province: str
    area_code: str
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A district that is no more: where its parts went. `hints` are places within it that tell the part."""

    city: str
    old: str
    year: int
    main: str
    hints: tuple[tuple[str, str], ...] = ()
    split: bool = False


@dataclass
class Gazetteer:
    """The tables, by every name that people write."""

    provinces: dict[str, str] = field(default_factory=dict)
    cities: dict[str, list[City]] = field(default_factory=lambda: defaultdict(list))
    districts: dict[str, list[tuple[City, str]]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    area_codes: dict[str, list[City]] = field(default_factory=lambda: defaultdict(list))
    new: dict[str, str] = field(default_factory=dict)
    """District that there was none of before -> its city."""


@cache
def gazetteer() -> Gazetteer:
    """The tables, read once (about 10 ms)."""
    found = Gazetteer()
    province = ""
    city: tuple[str, str] | None = None
    pending: tuple[str, ...] = ()

    def close() -> None:
        if city is None:
            return
        name, code = city
        whole = City(name, province, code, pending)
        for spelling in {name, short_city(name)}:
            found.cities[spelling].append(whole)
        if code:
            found.area_codes[code].append(whole)
        for district in pending:
            found.districts[district].append((whole, district))
            bare = short_district(district)
            if bare != district:
                found.districts[bare].append((whole, district))

    for line in _lines("places.txt"):
        mark, _, rest = line.partition(" ")
        if mark == "P":
            close()
            city, pending = None, ()
            province = rest
            found.provinces[rest] = rest
            found.provinces[short_province(rest)] = rest
        elif mark == "C":
            close()
            name, _, code = rest.partition(" ")
            city, pending = (name, code), ()
        elif mark == "D":
            pending = tuple(rest.split())
    close()
    for line in _lines("renamed.txt"):
        name, old, year, main, *hints = line.split()
        if old == "+":
            found.new[main] = name
            continue
        pairs = tuple((hint.partition("=")[0], hint.partition("=")[2]) for hint in hints if "=" in hint)
        found.changes[old].append(Change(name, old, int(year), main, pairs, "split" in hints))
    return found


@cache
def _towns() -> dict[str, list[tuple[str, str]]]:
    """City -> its districts, each with its towns in one text."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in _lines("towns.txt"):
        city, district, names = line.split(" ", 2)
        found[city].append((district, names))
    return found


@lru_cache(maxsize=64)
def towns(city: str) -> dict[str, str]:
    """Short name of each town of a city -> the district it is in today; '' where several have one of that name."""
    found: dict[str, str] = {}
    for district, names in _towns().get(city, ()):
        for name in names.split():
            short = short_town(name)
            found[short] = district if found.get(short, district) == district else ""
    return found


def short_town(name: str) -> str:
    """塘栖 for 塘栖镇, which may be a 街道 today."""
    for tail in TOWN_TAILS:
        if name.endswith(tail) and len(name) > len(tail) + 1:
            return name.removesuffix(tail)
    return name


def short_province(name: str) -> str:
    """浙江 for 浙江省, 内蒙古 for 内蒙古自治区."""
    for tail in _PROVINCE_TAILS:
        if name.endswith(tail) and len(name) > len(tail) + 1:
            return name.removesuffix(tail)
    return name


def short_city(name: str) -> str:
    """杭州 for 杭州市; autonomous prefectures keep their whole name but for the first two or three signs."""
    for tail in _CITY_TAILS:
        if name.endswith(tail) and len(name) > len(tail) + 1:
            return name.removesuffix(tail)
    return name


def short_district(name: str) -> str:
    """萧山 for 萧山区; names that would become one sign (东区) stay whole."""
    for tail in ("自治县", "新区", "区", "县", "市", "旗"):
        if name.endswith(tail) and len(name) > len(tail) + 1:
            return name.removesuffix(tail)
    return name


def area_code(city: str) -> str:
    """The area code of a city by its full or short name ('0571'), or '' where unknown or ambiguous."""
    found = {each.area_code for each in gazetteer().cities.get(city, ())}
    return next(iter(found)) if len(found) == 1 else ""


def _lines(name: str) -> list[str]:
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]

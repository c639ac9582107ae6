"""What the matching core is told about Chinese: signs, places and readings."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from guanxi.cores.matching.names import NOWHERE, Lexicon, Place
from guanxi.platform.search.grams import normal, syllables

from .places import Change, City, Gazetteer, gazetteer, short_city, short_district, short_province

_ROADS: Final = ("路", "街", "道", "大道", "巷", "弄")
_WORDS: Final = frozenset(
    (
        "东方 安康 朝阳 长安 和平 平安 永安 太和 金山 宝山 南山 西山 东山 新华 城关 河东 河西 江东 江北 海港 "
        "中山 中原 长乐 文昌 天山 普陀 大通 泰山 昆仑 武夷 长白 富春 钱塘 西湖 东湖 银河 海河 黄河 长江 友谊 "
        "兴隆 昌盛 康乐 嘉禾 红旗 向阳 光明 青山 白云 高新 临江 滨江 新城"
    ).split()
)
"""Short names of places that are words like others: only with 市, 区 or 县 behind them they are places."""


@cache
def lexicon() -> Lexicon:
    """The one lexicon."""
    return Lexicon(lru_cache(maxsize=4096)(normal), place_at, lru_cache(maxsize=4096)(pinyin))


def pinyin(text: str) -> str:
    """The usual reading, without tones and blanks."""
    return "".join(syllables(text))


def place_at(text: str) -> tuple[int, Place, bool]:
    """The longest place that a text begins with, its length, and whether it is surely one."""
    known = _places()
    for length in range(min(11, len(text)), 1, -1):
        found = known.get(text[:length])
        if found is not None and not text.startswith(_ROADS, length):
            return length, *found
    return 0, NOWHERE, False


@cache
def _places() -> dict[str, tuple[Place, bool]]:
    """Every spelling of a place. The short name of a district may as well be a company's word (泰和, 长兴)."""
    tables = gazetteer()
    found: dict[str, tuple[Place, bool]] = {}
    for name, district in _districts(tables).items():
        if district is not None:
            found[name] = district, name[-1] in "区县市旗"
    for name, cities in tables.cities.items():
        found[name] = _city(cities), True
    for name, full in tables.provinces.items():
        municipality = full.endswith("市")
        found[name] = Place(short_province(full), short_province(full) if municipality else ""), True
    return {name: place for name, place in found.items() if name not in _WORDS}


def _city(cities: list[City]) -> Place:
    one = cities[0]
    return Place(short_province(one.province), short_city(one.name)) if len(cities) == 1 else NOWHERE


def _districts(tables: Gazetteer) -> dict[str, Place | None]:
    """Full names, and short ones where they are one place's only. Former names stand for what they are now."""
    found: dict[str, Place | None] = {}
    for name, places in tables.districts.items():
        full = places[0][1]
        if len({(city.name, district) for city, district in places}) > 1:
            found[name] = Place("", "", short_district(full)) if name == full else None
        else:
            found[name] = _within(places[0][0], full)
    for name, changes in tables.changes.items():
        if name not in found:
            found[name] = _former(changes, tables)
    return found


def _former(changes: list[Change], tables: Gazetteer) -> Place | None:
    cities = tables.cities.get(changes[0].city, [])
    if len(changes) > 1 or len(cities) != 1:
        return None
    now = "" if changes[0].split else changes[0].main
    return _within(cities[0], now)


def _within(city: City, district: str) -> Place:
    return Place(
        short_province(city.province), short_city(city.name), short_district(district) if district else ""
    )


@lru_cache(maxsize=4096)
def place_of(province: str, city: str, district: str) -> Place:
    """An address's place from its full names."""
    name = short_city(city) if city else ""
    if city and not province:
        known = gazetteer().cities.get(city, [])
        province = known[0].province if len(known) == 1 else ""
    return Place(
        short_province(province) if province else "", name, short_district(district) if district else ""
    )

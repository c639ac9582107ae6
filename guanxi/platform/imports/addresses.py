"""Province, city and district out of a Chinese address, without guessing where a name is not unique.

朝阳区望京SOHO is in Beijing for a reader, but 朝阳区 is also a district of Changchun: so the district is
given, the city left open, and the doubt said. A city from another column, or as the company's own, settles it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .places import TOWN_TAILS, Change, City, gazetteer, short_district, towns
from .reasons import Reason, reason
from .values import clean_text, half_width

_UNIT = re.compile(r"^([^\d\s省市区县]{1,8}?(?:区|县|市|旗))")
_TOWN = re.compile(rf"^([\u3400-\u9fff]{{2,8}}?)(?:{'|'.join(TOWN_TAILS)})")
_ROAD_NEXT = ("路", "街", "道", "巷", "弄", "大道", "新村", "大厦", "大学", "银行")


@dataclass(frozen=True, slots=True)
class Address:
    """The parts by their full names today, the rest of the text, what to tell and what to doubt."""

    province: str = ""
    city: str = ""
    district: str = ""
    rest: str = ""
    told: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()


def parse_address(
    text: str, *, province: str = "", city: str = "", district: str = "", recent: frozenset[str] = frozenset()
) -> Address:
    """Read `text`; the other arguments are what further columns of the row say (any spelling, may be '').
    In the cities of `recent` (see `recent_cities`) a district that was divided and still exists is today's.

    Never raises and never invents: a part that is not sure stays '' and a doubt says why.
    """
    tables = gazetteer()
    told: list[Reason] = []
    doubts: list[Reason] = []
    left = re.sub(r"\s+", "", half_width(clean_text(text, lines=False))).removeprefix("中国")
    found_province, left = _take_province(left)
    if not found_province:
        found_province = tables.provinces.get(province.strip(), "")
    home, left = _take_city(left, found_province)
    if home is None:
        home = find_city(city or province, found_province) or _only_city(found_province)
    if home is not None:
        found_province = home.province
    column = re.sub(r"\s+", "", clean_text(district, lines=False))
    in_text, left_after = _take_district(left, home, found_province)
    home_from_text, name_from_text, change_from_text = in_text
    (home_from_column, name_from_column, change_from_column), vague = _column_district(
        column, home, found_province
    )
    if home is None:
        home = home_from_text or home_from_column
        if home is not None:
            found_province = home.province
    name, change = (
        (name_from_text, change_from_text) if name_from_text else (name_from_column, change_from_column)
    )
    everything = f"{left}{column}"
    if name and change and not (name == change.main and change.city in recent):
        name = _renamed(name, change, everything, _town(left_after, home), told, doubts)
    if (
        name_from_text
        and name_from_column
        and short_district(name_from_text) != short_district(name_from_column)
        and _today(name_from_column, change_from_column, everything) != name
    ):
        doubts.append(
            reason(
                "address.differs",
                "地址里是“{a}”，区县列是“{b}”，按地址读取，请核对。",
                "The address says {a}, the district column {b}; the address was taken. Please check.",
                a=name_from_text,
                b=name_from_column,
            )
        )
    if not name and home is not None:
        name = _by_town(column, left_after, home, told, doubts)
    elif column and vague and not (name and name == _today(name_from_column, change_from_column, everything)):
        doubts.append(_no_district(column, home))
    if name and home is None:
        doubts.append(_which_city(name))
    return Address(found_province, home.name if home else "", name, left_after, tuple(told), tuple(doubts))


def recent_cities(cells: Iterable[str]) -> frozenset[str]:
    """The cities of which a file names districts as they are since the last division (临平区): its 余杭区 is today's."""
    new = gazetteer().new
    return frozenset({new[name] for cell in cells for name in new if name in cell})


def find_city(name: str, province: str = "") -> City | None:
    """The one city of this full or short name (within `province` if given), else None."""
    name = name.strip()
    found = [
        each
        for each in gazetteer().cities.get(name, ())
        if not province or each.province == province or each.name == province
    ]
    return found[0] if len(found) == 1 else None


def _only_city(province: str) -> City | None:
    """Hong Kong and Macau are one city each; so are the four municipalities."""
    name = province.removesuffix("特别行政区")
    return find_city(name) if name != province or province.endswith("市") else None


def _take_province(text: str) -> tuple[str, str]:
    """The province at the start; a municipality is left in the text, being a city as well."""
    provinces = gazetteer().provinces
    for length in range(min(8, len(text)), 1, -1):
        full = provinces.get(text[:length])
        if full is None or _is_road(text[length:]):
            continue
        if full.endswith("市"):
            return full, text
        return full, text[length:]
    return "", text


def _take_city(text: str, province: str) -> tuple[City | None, str]:
    cities = gazetteer().cities
    for length in range(min(12, len(text)), 1, -1):
        name = text[:length]
        found = [each for each in cities.get(name, ()) if not province or each.province == province]
        if len(found) != 1:
            continue
        rest = text[length:]
        whole = name == found[0].name
        if not whole and _is_road(rest):
            continue
        if not whole and re.match(r"[县区]", rest):
            continue
        # 北京市北京市朝阳区 and 北京市市辖区朝阳区
        for again in (found[0].name, "市辖区", "市区", "城区"):
            if rest.startswith(again) and len(rest) > len(again):
                rest = rest.removeprefix(again)
        return found[0], rest
    return None, text


def _is_road(rest: str) -> bool:
    """True when the name before `rest` belongs to a road or a house: 杭州路, 上海大厦."""
    return rest.startswith(_ROAD_NEXT)


Found = tuple[City | None, str, Change | None]
_NOTHING: Found = (None, "", None)


def _take_district(text: str, home: City | None, province: str) -> tuple[Found, str]:
    """The district at the start of `text` (also after a word like 中心), and what follows it."""
    for start in (0, 2):
        piece = text[start:]
        if start and not text.startswith("中心"):
            break
        for length in range(min(12, len(piece)), 1, -1):
            found = _lookup(piece[:length], home, province, whole=True)
            if found[1]:
                return found, piece[length:]
    return _NOTHING, text


def _lookup(name: str, home: City | None, province: str, *, whole: bool) -> Found:
    """A district by its name: today's first, then a former one. Without a home only unique names give one."""
    tables = gazetteer()
    changes = [change for change in tables.changes.get(name, ()) if home is None or change.city == home.name]
    places = [
        (city, full)
        for city, full in tables.districts.get(name, ())
        if (not whole or full == name)
        and (home is None or city == home)
        and (not province or city.province == province)
    ]
    if places:
        city = places[0][0] if len({each.name for each, _ in places}) == 1 else None
        change = next((c for c in changes if city is not None and c.city == city.name), None)
        return city, places[0][1], change
    if changes:
        owner = find_city(changes[0].city) if len(changes) == 1 else None
        return owner or home, name, changes[0]
    return _NOTHING


def _column_district(text: str, home: City | None, province: str) -> tuple[Found, bool]:
    """What a district column says, and whether it says it only roughly (a town, a development zone)."""
    if not text:
        return _NOTHING, False
    text = _take_province(text)[1] if len(text) > 4 else text
    if home is not None and text.startswith(home.name):
        text = text.removeprefix(home.name) or text
    found = _lookup(text, home, province, whole=False)
    if found[1]:
        return found, False
    for cut in range(1, len(text) - 1):
        found = _lookup(text[cut:], home, province, whole=True)
        if found[1] and not text.endswith("开发区"):  # 萧山经济技术开发区 is not the city's own
            return found, True
    match = _UNIT.match(text)
    if match and (found := _lookup(match.group(1), home, province, whole=True))[1]:
        return found, True
    for length in range(min(4, len(text) - 1), 1, -1):
        found = _lookup(text[:length], home, province, whole=False)
        if found[1] and home is not None:
            return found, True
    return _NOTHING, True


def _today(name: str, change: Change | None, text: str) -> str:
    """What the district is called now."""
    if change is None:
        return name
    return _hint(change, text)[1] or change.main


def _hint(change: Change, text: str) -> tuple[str, str]:
    """The place in `text` that tells which part of a former district it is, and where that part is now."""
    return next(((place, now) for place, now in change.hints if place in text), ("", ""))


def _renamed(
    name: str, change: Change, text: str, town: tuple[str, str], told: list[Reason], doubts: list[Reason]
) -> str:
    """Today's district; told where it is sure, doubted where the old one was split and nothing tells the part."""
    place, now = _hint(change, text)
    if not now and change.split:
        place, now = town
    if not now and change.split:
        doubts.append(
            reason(
                "address.split",
                "“{old}”在 {year} 年拆分，多数归“{now}”，按此读取，请核对。",
                "{old} was divided in {year}; most of it is {now} now, which was taken. Please check.",
                old=name,
                year=change.year,
                now=change.main,
            )
        )
        return change.main
    now = now or change.main
    if now == name:
        return now
    if place:
        told.append(
            reason(
                "address.moved",
                "“{old}”的“{place}”现属“{now}”。",
                "{place}, formerly in {old}, is in {now} now.",
                old=name,
                place=place,
                now=now,
            )
        )
    else:
        told.append(
            reason("address.renamed", "“{old}”现为“{now}”。", "{old} is {now} now.", old=name, now=now)
        )
    return now


def _town(text: str, home: City | None) -> tuple[str, str]:
    """The town (街道, 镇, 乡) at the start of `text` and its district, ('', '') where it is none of this city's."""
    match = _TOWN.match(text) if home is not None else None
    if match is None or home is None:
        return "", ""
    known = towns(home.name)
    district = known.get(match.group(), "") or known.get(match.group(1), "")
    return (match.group(), district) if district else ("", "")


def _by_town(column: str, left: str, home: City, told: list[Reason], doubts: list[Reason]) -> str:
    """The district by the town that stands in its place; '' (with a doubt about what the column holds) where none does."""
    town, district = _town(column, home)
    if not town and not column:
        town, district = _town(left, home)
    if town:
        told.append(_in_town(town, district))
        return district
    known = towns(home.name) if column else {}
    for length in range(len(column) - 1, 1, -1):
        if district := known.get(column[:length], ""):
            doubts.append(
                reason(
                    "address.town",
                    "“{text}”不是{city}的区县名，按“{town}”归入“{now}”，请核对。",
                    "“{text}” is no district of {city}; taken for {now}, where {town} is. Please check.",
                    text=column[:30],
                    city=home.name,
                    town=column[:length],
                    now=district,
                )
            )
            return district
    if column:
        doubts.append(_no_district(column, home))
    return ""


def _in_town(town: str, now: str) -> Reason:
    return reason("address.town", "“{town}”属“{now}”。", "{town} is in {now}.", town=town, now=now)


def _no_district(text: str, home: City | None) -> Reason:
    return reason(
        "address.district",
        "“{text}”不是{city}的区县名，请核对。",
        "“{text}” is no district{of}. Please check.",
        text=text[:30],
        city=home.name if home else "",
        of=f" of {home.name}" if home else "",
    )


def _which_city(name: str) -> Reason:
    return reason(
        "address.city",
        "不止一个城市有“{name}”，城市未填。",
        "More than one city has a {name}; the city was left blank.",
        name=name,
    )

"""Other customers that look like one: branches, the group's house in another city, neighbours, namesakes.

Each function takes a row and gives another customer, or None where it does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from .corruptions import _FORMS, _WESTERN_FORMS, _alike, _city
from .rows import Part, Row, address, credit_code, district, landline, lines, mobile, part_of, person, place

CITIES = ("杭州", "上海", "宁波", "苏州", "南京", "成都", "武汉", "青岛")


_HOUSES = (
    ("France", "Lille", "France SARL"), ("Germany", "Köln", "Deutschland GmbH"), ("Italy", "Torino", "Italia S.r.l."),
    ("USA", "Boston", "North America Inc."),
)  # fmt: skip


def _elsewhere(row: Row, chance: Random, part: Part, city: str = "", **more: str) -> Row:
    """Another customer with numbers and an address of its own."""
    city = city or _city(row)
    fresh = Row(
        row.name, row.kind, person(chance, part), landline(city, chance), mobile(chance) if row.mobile else "",
        address(city, chance), "", "", "", credit_code(chance) if row.code and chance.random() < 0.6 else "", row.word, row.trade,
    )  # fmt: skip
    return fresh.but(**more)


def branch(row: Row, chance: Random, part: Part) -> Row | None:
    """A branch, with its own door, and sometimes the head office's number."""
    if row.kind == "company" and _FORMS.search(row.name):
        city = chance.choice([c for c in CITIES if c not in row.name])
        words = chance.choice(
            (f"{city}分公司", f"{district(_city(row), chance)}分公司", "第二分公司", f"{city}办事处")
        )
        inside = city if city in words else _city(row)
        number = row.phone if chance.random() < 0.35 else landline(inside, chance)
        return _elsewhere(row, chance, part, inside, name=row.name + words, phone=number)
    if row.kind == "institution":
        if row.name.endswith("医院"):
            words = chance.choice(("分院", "城东院区", "北院区", "体检中心", "职工食堂"))
        elif row.name.endswith(("中学", "小学", "学校", "学院")):
            words = chance.choice(("东校区", "分校", "校友会", "附属幼儿园"))
        elif row.name.endswith("局"):
            words = chance.choice(("机关服务中心", "稽查大队", "机关工会委员会"))
        else:
            return None
        return _elsewhere(
            row,
            chance,
            part,
            name=row.name + words,
            phone=row.phone if chance.random() < 0.35 else landline(_city(row), chance),
        )
    if row.kind == "foreign":
        town = chance.choice([t for _, t, land, _ in lines("foreign") if land == row.country] or [row.city])
        words = chance.choice((f"{town} Branch", "Service Centre", "Pension Fund", "Staff Canteen"))
        street = f"{chance.randint(2, 99)} {chance.choice(('Station Road', 'Market Street', 'Mill Lane', 'Harbour Road'))}"
        return row.but(
            name=f"{row.name} {words}",
            phone=_abroad(row, chance),
            address=street,
            city=town,
            contact=person(chance, part, western=True),
        )
    return None


def group(row: Row, chance: Random, part: Part) -> Row | None:
    """The same group's company in another city or country, sometimes under one hotline."""
    if row.kind == "company" and _FORMS.search(row.name) and row.word in row.name:
        city = chance.choice([c for c in CITIES if c not in row.name and c != _city(row)])
        name = chance.choice(
            (f"{city}{row.word}{row.trade}有限公司", f"{row.word}{row.trade}（{city}）有限公司")
        )
        hotline = chance.random() < 0.3
        return _elsewhere(
            row, chance, part, city, name=name, phone=row.phone if hotline else landline(city, chance)
        )
    if row.kind == "foreign":
        bare = _WESTERN_FORMS.sub("", row.name)
        land, town, end = chance.choice(_HOUSES)
        if land == row.country:
            return None
        return row.but(
            name=f"{bare} {end}",
            city=town,
            country=land,
            address=f"{chance.randint(2, 99)} Place Royale",
            phone="",
            contact=person(chance, part, western=True),
        )
    return None


def sibling(row: Row, chance: Random, part: Part) -> Row | None:
    """The same owner's other firm: same word, other trade, same door."""
    if row.kind != "company" or not _FORMS.search(row.name) or not row.trade or not row.code:
        return None
    trade = _other_trade(row, chance)
    return row.but(
        name=row.name.replace(row.trade, trade, 1), trade=trade, code=credit_code(chance), contact=person(chance, part),
        phone=row.phone if chance.random() < 0.5 else landline(_city(row), chance), mobile="",
    )  # fmt: skip


def trade(row: Row, chance: Random, part: Part) -> Row | None:
    """The same word and city, another trade: nothing to do with each other."""
    if row.kind != "company" or not row.trade:
        return None
    other = _other_trade(row, chance)
    return _elsewhere(row, chance, part, name=row.name.replace(row.trade, other, 1), trade=other)


def near(row: Row, chance: Random, part: Part) -> Row | None:
    """A word that differs in one sign, in the same trade and city."""
    if row.kind == "company" and row.word and row.word in row.name:
        places = [i for i, sign in enumerate(row.word) if sign in _alike()]
        if not places:
            return None
        i = chance.choice(places)
        word = row.word[:i] + chance.choice(_alike()[row.word[i]]) + row.word[i + 1 :]
        return _elsewhere(row, chance, part, name=row.name.replace(row.word, word), word=word)
    if row.kind == "foreign":
        first = row.name.split()[0]
        if len(first) < 5:
            return None
        other = chance.choice("BDFGHKLMNPRST") + first[1:]
        town = chance.choice(("Reading", "Lyon", "Essen", "Modena", "Dayton"))
        return row.but(
            name=row.name.replace(first, other, 1),
            city=town,
            address=f"{chance.randint(2, 99)} Bridge Street",
            phone=_abroad(row, chance),
            contact=person(chance, part, western=True),
        )
    return None


def neighbour(row: Row, chance: Random, part: Part) -> Row | None:
    """Another firm in the same building, sometimes behind the same switchboard or bookkeeper's number."""
    if row.kind == "company":
        name, _, word, kind = chance.choice(
            [line for line in lines("companies") if part_of(line[0]) == part and line[2] != row.word]
        )
        city = _city(row)
        name = f"{city}{word}{kind}有限公司"
        room = re.sub(
            r"(号).*$",
            rf"\g<1>{chance.choice(('A座', 'B座', ''))}{chance.randint(2, 30)}{chance.randint(1, 20):02d}室",
            row.address,
        )
        agent = chance.random() < 0.3
        return _elsewhere(
            row, chance, part, name=name, word=word, trade=kind, address=room if not agent else address(city, chance),
            phone=row.phone if chance.random() < 0.15 or agent else landline(city, chance),
        )  # fmt: skip
    if row.kind == "foreign":
        name = chance.choice(
            [line[0] for line in lines("foreign") if part_of(line[0]) == part and line[0] != row.name]
        )
        first = name.split()[0]
        return row.but(
            name=f"{first} Consulting {_land_form(row.country)}",
            phone=_abroad(row, chance),
            contact=person(chance, part, western=True),
        )
    return None


def ordinal(row: Row, chance: Random, part: Part) -> Row | None:
    """第二 beside 第一; sometimes in the same street."""
    if row.kind != "institution" or not (match := re.search("第(.)(人民医院|中学)", row.name)):
        return None
    other = chance.choice([n for n in "一二三四五六七八九" if n != match[1]])
    return _elsewhere(row, chance, part, name=row.name.replace(match[0], f"第{other}{match[2]}"))


def next_district(row: Row, chance: Random, part: Part) -> Row | None:
    """The same office of another district."""
    if row.kind != "institution":
        return None
    city = _city(row)
    own = next((d for d in place(city).districts if d in row.name), "")
    others = [d for d in place(city).districts if d != own]
    if not own or not others:
        return None
    other = chance.choice(others)
    return _elsewhere(
        row, chance, part, name=row.name.replace(own, other), address=address(city, chance, other)
    )


def attached(row: Row, chance: Random, part: Part) -> Row | None:
    """Something of its own behind the same door: a canteen's keeper, a charity, a pharmacy."""
    if row.kind != "institution" or not row.address:
        return None
    words = "大药房 爱心基金会 停车场管理有限公司 后勤服务有限公司".split()
    if not row.name.endswith("医院"):
        words = "教育基金会 后勤服务有限公司 工会委员会".split()
    return row.but(
        name=row.name + chance.choice(words), phone=landline(_city(row), chance), contact=person(chance, part)
    )


def chain(row: Row, chance: Random, part: Part) -> Row | None:
    """Another shop of the same sign in the same city."""
    if row.kind != "company" or _FORMS.search(row.name):
        return None
    return _elsewhere(row, chance, part)


def namesake(row: Row, chance: Random, part: Part) -> Row | None:
    """Another person of the same name."""
    if row.kind != "person":
        return None
    return Row(row.name, "person", "", "", mobile(chance), address("杭州", chance))


def family(row: Row, chance: Random, part: Part) -> Row | None:
    """Somebody else at the same address, or at the same landline."""
    if row.kind != "person" or not (row.address or row.phone):
        return None
    others = [n for (n,) in lines("people") if part_of(n) == part and n != row.name and not n[0].isascii()]
    given = chance.choice([n for n in others if n[1:] not in row.name])
    name = row.name[0] + given[1:] if chance.random() < 0.5 else given
    return row.but(name=name, mobile=mobile(chance))


def same_person(row: Row, chance: Random, part: Part) -> Row | None:
    """Another company with the same contact: he changed his post, or is called so too."""
    if row.kind != "company" or not row.contact:
        return None
    _, city, word, kind = chance.choice(
        [line for line in lines("companies") if part_of(line[0]) == part and line[2] != row.word]
    )
    return _elsewhere(
        row,
        chance,
        part,
        city,
        name=f"{city}{word}{kind}商行",
        word=word,
        trade=kind,
        contact=row.contact,
        mobile=row.mobile if chance.random() < 0.3 else "",
    )


def _other_trade(row: Row, chance: Random) -> str:
    known = sorted(
        {
            t
            for _, _, _, t in lines("companies")
            if t and t[:2] != row.trade[:2] and not set(t) & set(row.trade)
        }
    )
    return chance.choice(known)


def _abroad(row: Row, chance: Random) -> str:
    return re.sub(r"\d{5}$", f"{chance.randint(0, 99999):05d}", row.phone)


def _land_form(country: str) -> str:
    return {"UK": "Ltd", "Germany": "GmbH", "France": "SARL", "USA": "LLC"}.get(country, "& Co.")


LOOKALIKES: dict[str, Callable[[Row, Random, Part], Row | None]] = {
    "branch": branch, "group": group, "sibling": sibling, "trade": trade, "near": near, "neighbour": neighbour,
    "ordinal": ordinal, "next_district": next_district, "attached": attached, "chain": chain, "namesake": namesake,
    "family": family, "same_person": same_person,
}  # fmt: skip

"""The same customer written by somebody else: typing errors, abbreviations, old names, other telephones, and so on.

Each function takes a row and a source of chance and gives the row as it might stand in another list, or None where it
does not fit. Whether a careful person could still tell that both are one is looked at in `sets.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

from guanxi.platform.search.grams import simplified_table

from ..places import gazetteer
from .rows import Part, Row, address, landline, lines, mobile, part_of, person, place

_TITLES = ("老师", "总", "经理", "老板")
_SAME_IN_BOTH = "局家同合松回向秋千冬周朱布占升卜咸挂梁注群泄"
"""Signs of which the table knows an old form that nobody writes in a name."""


@cache
def _alike() -> dict[str, str]:
    found: dict[str, str] = {}
    for (group,) in lines("alike"):
        for sign in group:
            found[sign] = found.get(sign, "") + group.replace(sign, "")
    return found


def _western(row: Row) -> bool:
    return row.kind == "foreign"


def typo(row: Row, chance: Random, part: Part) -> Row | None:
    """One typing error in the name: a sign that sounds or looks alike, one left out, doubled or in the wrong place."""
    name = row.name
    if _western(row):
        places = [i for i in range(1, min(len(name), 24) - 1) if name[i].isalpha() and name[i - 1].isalpha()]
        i = chance.choice(places)
        how = chance.randint(0, 3)
        if how == 0:
            return row.but(name=name[:i] + name[i + 1 :])
        if how == 1:
            return row.but(name=name[:i] + name[i] + name[i:])
        if how == 2:
            return row.but(name=name[: i - 1] + name[i] + name[i - 1] + name[i + 1 :])
        return row.but(name=name[:i] + chance.choice("aeiourst") + name[i + 1 :])
    start, end = 0, len(name)
    if row.word:
        start = name.index(row.word)
        end = min(len(name), start + len(row.word) + len(row.trade))
    elif row.kind == "person":
        start = 1
    places = list(range(start, end))
    alike = [i for i in places if name[i] in _alike()]
    if alike and (chance.random() < 0.65 or row.kind == "person"):
        i = chance.choice(alike)
        return row.but(name=name[:i] + chance.choice(_alike()[name[i]]) + name[i + 1 :])
    if row.kind == "person" or end - start < 3:
        return None
    i = chance.choice(places[1:])
    how = chance.randint(0, 2)
    if how == 0:
        return row.but(name=name[:i] + name[i + 1 :])
    if how == 1:
        return row.but(name=name[:i] + name[i] + name[i:])
    return row.but(name=name[: i - 1] + name[i] + name[i - 1] + name[i + 1 :])


_FORMS = re.compile("(股份有限公司|有限责任公司|集团有限公司|有限公司)$")
_WESTERN_FORMS = re.compile(
    r",?\s+(GmbH & Co\. KG|S\.A\. de C\.V\.|\(Pty\) Ltd|Pty Ltd|Pvt\. Ltd\.|Pte Ltd|Sdn Bhd|Sp\. z o\.o\.|Co\., Ltd\.|"
    r"Co\. Ltd|Company Ltd|Ltd\.?|Limited|Inc\.|LLC|LLP|plc|Corp\.|Corporation|Company|Co\.?|GmbH|AG|KG|OHG|S\.A\.|SA|SAS|"
    r"SARL|S\.L\.|S\.p\.A\.|S\.r\.l\.|B\.V\.|NV|A/S|AS|AB|ApS|Oy|K\.K\.|Kft\.|Lda|Ltda\.|A\.Ş\.|d\.o\.o\.|"
    r"s\.r\.o\.|C\.A\.)$"
)


def form(row: Row, chance: Random, part: Part) -> Row | None:
    """The legal form left out, or written otherwise."""
    if _western(row):
        match = _WESTERN_FORMS.search(row.name)
        if match is None:
            return None
        bare = row.name[: match.start()]
        other = {
            "Ltd": "Limited",
            "Ltd.": "Limited",
            "Limited": "Ltd",
            "Inc.": "Incorporated",
            "Company": "Co.",
        }.get(match[1], "")
        return row.but(name=f"{bare} {other}".strip() if chance.random() < 0.4 else bare)
    match = _FORMS.search(row.name)
    if match is None:
        return None
    bare = row.name[: match.start()]
    others = ("", "", "公司", "有限公司" if match[1] != "有限公司" else "有限责任公司")
    return row.but(name=bare + chance.choice(others))


def where(row: Row, chance: Random, part: Part) -> Row | None:
    """The place in the name left out, put in brackets, or written in full."""
    name = row.name
    if row.kind not in ("company", "institution"):
        return None
    if match := re.search(r"（(..)）", name):
        rest = name.replace(match[0], "")
        return row.but(name=chance.choice((rest, match[1] + rest, name.replace(match[0], f"({match[1]})"))))
    city = max((c for c in gazetteer().cities if name.startswith(c)), key=len, default="")
    rest = name.removeprefix(city)
    if not city or len(rest) < 4 or (row.kind == "institution" and not city.endswith("市")):
        return None
    if row.kind == "institution":
        return row.but(name=rest if re.match(r"..?.?[区县市]", rest) else city.removesuffix("市") + rest)
    bare = city.removesuffix("市")
    options = [rest, bare + rest if city.endswith("市") else f"{bare}市{rest}"]
    if (found := _FORMS.search(rest)) and not city.endswith("市"):
        options.append(f"{rest[: found.start()]}({bare}){found[1]}")
    return row.but(name=chance.choice(options))


def short(row: Row, chance: Random, part: Part) -> Row | None:
    """What people call it: 恒远 or 恒远电子; Alpine Ski; 市一医院."""
    if row.kind == "company" and row.word and row.word in row.name:
        city = next((c for c in ("杭州", "上海", "宁波", "苏州", "深圳") if row.name.startswith(c)), "")
        return row.but(
            name=chance.choice((row.word, row.word + row.trade, row.word + row.trade[:2], city + row.word))
        )
    if row.kind == "institution":
        if match := re.search(r"^(.{2,3})市第(.)人民医院$", row.name):
            return row.but(
                name=chance.choice(
                    (f"{match[1]}市{match[2]}医院", f"{match[1]}{match[2]}院", f"市{match[2]}医院")
                )
            )
        if match := re.search(r"^(.{2,3})市第(.)中学$", row.name):
            return row.but(name=chance.choice((f"{match[1]}{match[2]}中", f"市{match[2]}中")))
        if row.name.endswith("市场监督管理局"):
            return row.but(name=row.name.replace("市场监督管理局", "市场监管局"))
        if row.name.endswith("疾病预防控制中心"):
            return row.but(name=row.name.replace("疾病预防控制中心", "疾控中心"))
        if row.name.endswith("街道社区卫生服务中心"):
            return row.but(name=row.name.replace("街道社区卫生服务中心", "卫生服务中心"))
        if row.name.endswith("中医院"):
            return row.but(name=row.name.replace("中医院", "中医医院"))
        return None
    if _western(row):
        words = _WESTERN_FORMS.sub("", row.name).split()
        if len(words) >= 3:
            return row.but(name=" ".join(words[: chance.randint(1, len(words) - 1)]).rstrip(" &"))
        return row.but(name=words[0]) if len(words) == 2 else None
    return row.but(name=f"{row.name[0]}{chance.choice(_TITLES)}") if row.kind == "person" else None


_THEN = {
    "第一人民医院": "人民医院", "妇幼保健院": "妇幼保健所", "实验小学": "中心小学", "卫生健康局": "卫生局",
    "市场监督管理局": "工商行政管理局", "税务局": "地方税务局", "街道社区卫生服务中心": "卫生院", "职业技术学院": "学校",
}  # fmt: skip
"""What institutions were called before."""


def renamed(row: Row, chance: Random, part: Part) -> Row | None:
    """An old name: another word before the same trade, or the works that the company was before."""
    if row.kind == "company" and row.word and row.word in row.name:
        if chance.random() < 0.5 or not _FORMS.search(row.name):
            others = [w for _, _, w, _ in lines("companies") if part_of(w) == part and w != row.word]
            return row.but(name=row.name.replace(row.word, chance.choice(others)))
        return row.but(name=f"{_FORMS.sub('', row.name)}厂")
    if row.kind == "institution":
        for old, new in _THEN.items():
            if row.name.endswith(old):
                return row.but(name=row.name.replace(old, new))
    return None


def district_then(row: Row, chance: Random, part: Part) -> Row | None:
    """A district by the name that it had: 临安市 for 临安区, in name and address."""
    for changes in gazetteer().changes.values():
        for change in changes:
            if change.split or change.main == change.old or change.main not in row.address:
                continue
            return row.but(
                address=row.address.replace(change.main, change.old),
                name=row.name.replace(change.main, change.old),
            )
    return None


def other_phone(row: Row, chance: Random, part: Part) -> Row | None:
    """Another telephone number."""
    if not row.phone and not row.mobile:
        return None
    if _western(row):
        return row.but(phone=re.sub(r"\d{4}$", f"{chance.randint(0, 9999):04d}", row.phone))
    city = _city(row)
    return row.but(
        phone=landline(city, chance) if row.phone else "", mobile=mobile(chance) if row.mobile else ""
    )


def moved(row: Row, chance: Random, part: Part) -> Row | None:
    """Another address in the same city."""
    if not row.address:
        return None
    if _western(row):
        street = re.sub(r"\d+", "", row.address).strip(" ,")
        return row.but(address=f"{chance.randint(2, 300)} {street}")
    return row.but(address=address(_city(row), chance))


def traditional(row: Row, chance: Random, part: Part) -> Row | None:
    """Written in traditional signs."""
    if _western(row):
        return None
    name = "".join(_traditional().get(sign, sign) for sign in row.name)
    where_ = "".join(_traditional().get(sign, sign) for sign in row.address)
    return (
        row.but(name=name, address=where_ if chance.random() < 0.5 else row.address)
        if name != row.name
        else None
    )


@cache
def _traditional() -> dict[str, str]:
    found: dict[str, str] = {}
    for old, new in simplified_table().items():
        if new not in _SAME_IN_BOTH:
            found.setdefault(new, old)
    return found


def wide(row: Row, chance: Random, part: Part) -> Row | None:
    """Digits and letters at full width."""
    if _western(row):
        return row.but(name=row.name.upper())
    table = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789-()ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return row.but(
        name=row.name.translate(table), phone=row.phone.translate(table), mobile=row.mobile.translate(table),
        address=row.address.translate(table), code=row.code.translate(table),
    )  # fmt: skip


def plain_letters(row: Row, chance: Random, part: Part) -> Row | None:
    """Accents left out; & written as a word."""
    if not _western(row):
        return None
    table = str.maketrans("áàâäãåéèêëíìîïİıóòôöõúùûüçñśşŞźøØæłÎ", "aaaaaaeeeeiiiiIiooooouuuucnssSzoOalI")
    name = row.name.translate(table).replace(" & ", " and ").replace(" und ", " and ")
    return row.but(name=name, address=row.address.translate(table)) if name != row.name else None


def swapped(row: Row, chance: Random, part: Part) -> Row | None:
    """Contact and company in each other's column."""
    return row.but(name=row.contact, contact=row.name) if row.contact and row.kind != "person" else None


def brief(row: Row, chance: Random, part: Part) -> Row | None:
    """The address without province and city, or without the room; numbers without the area code or with spaces."""
    if _western(row):
        return row.but(
            phone=row.phone.replace(" ", "-", 1),
            address=row.address.replace("Street", "St.").replace("Road", "Rd"),
        )
    city = place(_city(row)).name
    text = row.address
    if text:
        cut = chance.randint(0, 2)
        if cut == 0:
            text = text[text.index(city) :] if city in text else text
        elif cut == 1:
            text = re.sub(r"^.*?市", "", text)
        text = re.sub(r"(号).*$", chance.choice(("号", "")), text) if chance.random() < 0.5 else text
    number = row.phone
    if number and chance.random() < 0.6:
        extension = chance.randint(800, 899)
        international = "+86 " + number.lstrip("0")
        number = chance.choice(
            (number.replace("-", ""), number.replace("-", " "), international, f"{number}转{extension}")
        )
    return row.but(
        address=text, phone=number, mobile=f"{row.mobile[:3]} {row.mobile[3:7]} {row.mobile[7:]}".strip()
    )


def bare(row: Row, chance: Random, part: Part) -> Row | None:
    """Nothing but the name, or the name and one thing more."""
    keep = chance.choice(("", "phone", "address"))
    return row.but(
        phone=row.phone if keep == "phone" else "", mobile="", code="", contact="",
        address=row.address if keep == "address" else "",
    )  # fmt: skip


def other_person(row: Row, chance: Random, part: Part) -> Row | None:
    """Another contact."""
    if row.kind == "person":
        return None
    return row.but(
        contact=person(chance, part, western=_western(row)), mobile=mobile(chance) if row.mobile else ""
    )


_CITIES = "杭州 上海 北京 深圳 广州 苏州 宁波 南京 成都 武汉 青岛 厦门 温州 嘉兴 绍兴 西安 天津 重庆".split()


def _city(row: Row) -> str:
    return next((city for city in _CITIES if f"{city}市" in row.address), "杭州")


Corruption = Callable[[Row, Random, Part], Row | None]
OF_NAME: dict[str, Corruption] = {
    "typo": typo, "form": form, "where": where, "short": short, "renamed": renamed, "traditional": traditional,
    "swapped": swapped, "plain_letters": plain_letters, "district_then": district_then,
}  # fmt: skip
OF_REST: dict[str, Corruption] = {
    "other_phone": other_phone, "moved": moved, "wide": wide, "brief": brief, "bare": bare, "other_person": other_person,
}  # fmt: skip
HARD = ("typo", "short", "renamed", "swapped")
"""Those that leave too little of a name to tell by it alone."""

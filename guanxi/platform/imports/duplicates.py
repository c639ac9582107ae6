"""Which rows are the same customer, and which may be.

Only customers that share a code, a number, a name core or an address are compared. *Certain* means that a
careful person would not ask; *possible* means that one would. A hospital's name at another address is never
more than possible: branches keep the name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property

from .places import gazetteer, short_city, short_district, short_province
from .reasons import Reason, reason
from .values import half_width

_LEGAL = re.compile(
    r"(股份有限公司|有限责任公司|集团有限公司|控股有限公司|有限公司|股份公司|集团公司|总公司|分公司|集团|公司|合伙企业|个人独资企业)"
)
_LEGAL_WEST = re.compile(
    r"[,\s]+(co\.?|ltd\.?a?|limited|inc\.?|incorporated|llc|llp|plc|corp\.?|corporation|company|gmbh|ag|kg|"
    r"s\.?\s?a\.?|s\.?p\.?a\.?|s\.?a\.?r\.?l\.?|b\.?v\.?|n\.?v\.?|oy|ab|hb|a/?s|pty|pte|ltda\.?)(?=[\s,.]|$)",
    re.I,
)
_BRANCH = re.compile(
    r"^(?P<main>.*[院店行司校厂])?"
    r"(?P<branch>[\u3400-\u9fff]{0,6}?(?:分公司|分院|院区|分店|支行|分行|营业部|门诊部|校区|分校|办事处|东院|西院|南院|北院))$"
)
_GENERIC = re.compile(
    r"第?[一二三四五六七八九十\d]+|人民|中心|医院|中医|中西医结合|妇幼|保健|骨伤科|精神病|皮肤病|防治|红十字会|区|市|县|院|所|站|"
    r"学校|小学|中学|大学|学院|公司|卫生|服务|社区|职工|肿瘤|口腔|眼科|银行|酒店|宾馆|局|厂|店"
)
_ORGANISATION_END = re.compile(r"(公司|医院|院|所|站|中心|学校|学院|大学|厂|店|酒店|银行)$")
_ORDINAL = re.compile(r"第?([一二三四五六七八九十]{1,2}|\d+)(?=人民|医院|中学|小学|分|支|工)")
_HOUSE = re.compile(
    r"([\u3400-\u9fff]{2,8}(?:路|街|道|巷|弄|里|新村|小区|村|码头|大街|河))([\d]{1,5})号?(?![\d大])"
)
_MANY = 12
"""A number, core or address shared by more customers than this tells nothing (a switchboard, a market hall)."""


@dataclass(frozen=True)
class Profile:
    """What is compared of one customer. `ref` is the row number, or the key of an existing account.

    `name` as written; `code`, `key` and E.164 `phones` normalised; `address` the text after the district;
    `city` and `district` by today's full names, '' where unknown. `changeable`: whether who asks may change it.
    """

    ref: int | str
    name: str
    code: str = ""
    key: str = ""
    phones: frozenset[str] = frozenset()
    address: str = ""
    city: str = ""
    district: str = ""
    existing: bool = False
    changeable: bool = True

    @cached_property
    def parts(self) -> NameParts:
        """The name taken apart."""
        return name_parts(self.name)

    @cached_property
    def street(self) -> str:
        """Road and house number without words between ("庆春路261"), or the whole short address."""
        return street_of(self.address)


@dataclass(frozen=True, slots=True)
class NameParts:
    """`whole` without signs and case; `core` without legal form and place; `place` the last place named;
    `branch` the words of a branch; `legal` whether it ends like a registered company name."""

    whole: str
    core: str
    place: str
    branch: str
    legal: bool

    @property
    def distinct(self) -> bool:
        """True where the core says more than what kind of place it is (人民医院 says no more)."""
        return len(_GENERIC.sub("", self.core)) >= 2


@dataclass(frozen=True, slots=True)
class Match:
    """Two customers that are or may be one. `score` from 0 to 1 is for sorting; `certain` decides."""

    ref: int | str
    existing: bool
    certain: bool
    score: float
    reasons: tuple[Reason, ...]


def name_parts(name: str) -> NameParts:
    """Take a company's name apart."""
    text = half_width(name).casefold().strip()
    western = bool(re.search(r"[a-zà-ÿ]", text)) and not re.search(r"[\u3400-\u9fff]", text)
    if western:
        whole = " ".join(re.findall(r"\w+", text))
        cut = _LEGAL_WEST.sub(" ", " " + text)
        core = " ".join(re.findall(r"\w+", cut)) or whole
        return NameParts(whole, core, "", "", whole != core)
    whole = "".join(c for c in text if c.isalnum())
    rest, place = _without_place(whole)
    branch = ""
    if (match := _BRANCH.match(rest)) and match["main"]:
        branch, rest = match["branch"], match["main"]
    legal = bool(re.search(r"(公司|厂|合伙企业)$", whole))
    core = _LEGAL.sub("", rest) or rest
    return NameParts(whole, core, place, branch, legal)


def street_of(address: str) -> str:
    """Road and number of an address, so that 上城区解放路68号 and 解放路68 are one; else its signs without blanks."""
    text = "".join(c for c in half_width(address).casefold() if c.isalnum())
    text = re.sub(r"^[\u3400-\u9fff]{1,4}[区县](?=[\u3400-\u9fff]{2})", "", text)
    text = re.sub(r"^[\u3400-\u9fff]{2,5}?(镇|街道|乡)(?=.)", "", text)
    match = _HOUSE.search(text)
    if match:
        return match.group(1)[-4:] + match.group(2)
    return text


class Index:
    """Customers by everything they could be recognised by."""

    def __init__(self, profiles: Iterable[Profile] = ()) -> None:
        self._by: dict[tuple[str, str], list[Profile]] = defaultdict(list)
        for profile in profiles:
            self.add(profile)

    def add(self, profile: Profile) -> None:
        """Make the customer findable for those that come after it."""
        for key in keys(profile):
            self._by[key].append(profile)

    def near(self, profile: Profile) -> list[Profile]:
        """Customers worth comparing, in the order in which they were added."""
        found: dict[tuple[bool, int | str], Profile] = {}
        for key in keys(profile):
            block = self._by.get(key, [])
            if key[0] in ("phone", "street", "core") and len(block) > _MANY:
                block = [other for other in block if other.parts.whole == profile.parts.whole][:_MANY]
            for other in block:
                found.setdefault((other.existing, other.ref), other)
        return list(found.values())

    def matches(self, profile: Profile) -> list[Match]:
        """All that are or may be the same customer: certain ones first, then by score."""
        found = [match for other in self.near(profile) if (match := compare(profile, other))]
        return sorted(found, key=lambda match: (not match.certain, -match.score))


def keys(profile: Profile) -> list[tuple[str, str]]:
    """What a customer can be recognised by, as (kind, text): whoever keeps accounts in a database stores these
    beside them and looks them up for `Accounts.near`."""
    found = [("name", profile.parts.whole)] if profile.name else []
    for match in re.finditer(r"(?<=医院|公司|中心)(?=.{4,})", profile.parts.whole):
        # two names written as one: each half is findable
        for half in (profile.parts.whole[: match.start()], profile.parts.whole[match.start() :]):
            if len(half) >= 5:
                found += [("name", half), ("core", name_parts(half).core)]
    if profile.parts.core and len(profile.parts.core) > 1:
        found.append(("core", profile.parts.core))
    if profile.code:
        found.append(("code", profile.code))
    if profile.key:
        found.append(("key", profile.key))
    found += [("phone", number) for number in sorted(profile.phones)]
    if re.search(r"\d", profile.street):
        found.append(("street", f"{profile.city}{profile.street}"))
    return found


@dataclass
class _Evidence:
    score: float = 0.0
    reasons: list[Reason] = field(default_factory=list)

    def add(self, score: float, code: str, zh: str, en: str) -> None:
        self.score += score
        self.reasons.append(reason(code, zh, en))


def compare(one: Profile, other: Profile) -> Match | None:
    """A Match of `other` for `one`, or None where nothing serious speaks for it."""
    found = _Evidence()
    same_code = bool(one.code) and one.code == other.code
    other_code = bool(one.code and other.code) and one.code != other.code
    same_key = bool(one.key) and one.key == other.key
    other_key = bool(one.key and other.key) and one.key != other.key
    if same_code:
        found.add(0.95, "same.code", "统一社会信用代码相同", "same credit code")
    if same_key:
        found.add(0.95, "same.key", "客户编号相同", "same customer number")
    same_name = bool(one.parts.whole) and one.parts.whole == other.parts.whole
    same_core = not same_name and _same_core(one, other)
    if same_name:
        found.add(0.5, "same.name", "名称相同", "same name")
    elif same_core:
        found.add(0.4, "same.core", "去掉地名和公司形式后名称相同", "same name but for place and legal form")
    elif held := _holds(one.parts.whole, other.parts.whole):
        found.add(held, "name.holds", "一个名称包含另一个", "one name contains the other")
    elif _alike(one, other):
        found.add(0.15, "name.alike", "名称相近", "similar names")
    named = len(found.reasons) > same_code + same_key
    same_phone = bool(one.phones & other.phones)
    if same_phone:
        found.add(0.35, "same.phone", "电话相同", "same telephone number")
    same_street, other_street = _streets(one, other)
    if same_street:
        found.add(0.3, "same.address", "地址相同", "same address")
    elif other_street:
        found.add(-0.1, "other.address", "地址不同", "different address")
    branch = one.parts.branch != other.parts.branch
    if branch:
        found.add(-0.1, "branch", "其中一个是分支机构", "one is a branch")
    if other_code:
        found.add(-0.15, "other.code", "统一社会信用代码不同", "different credit codes")
    # Numbers start at 1 in every system: the same one under a name of no likeness is asked about.
    certain = (same_code or (same_key and (named or same_phone) and not other_code)) or (
        not other_code
        and not other_key
        and not other_street
        and not branch
        and (
            (same_name and (same_street or same_phone or one.parts.legal or _bare(one) or _bare(other)))
            or (same_core and same_street and same_phone)
        )
    )
    if other_key:
        found.add(-0.2, "other.key", "客户编号不同", "different customer numbers")
    if not certain and not same_phone and found.score < 0.3:
        return None
    if same_street and len(found.reasons) == 1 and (one.parts.legal or other.parts.legal):
        return None  # many companies share a building
    if other_code and not same_key and not same_name:
        return None
    return Match(
        other.ref, other.existing, certain, round(max(0.0, min(1.0, found.score)), 2), tuple(found.reasons)
    )


def _bare(profile: Profile) -> bool:
    """A customer of which nothing is known but the name."""
    return not profile.phones and not profile.address and not profile.code


def _same_core(one: Profile, other: Profile) -> bool:
    """Same name core, and no places that speak against it.

    恒远电子 of Hangzhou and 杭州恒远电子 may be one; the 中医院 of two districts are two.
    """
    if not one.parts.core or one.parts.core != other.parts.core:
        return False
    if one.parts.distinct:
        places = {one.parts.place, other.parts.place} - {""}
        within = bool(one.city) and one.city == other.city and short_city(one.city) in places
        return len(places) < 2 or within
    if one.parts.place and other.parts.place:
        return one.parts.place == other.parts.place
    return (one.parts.place or other.parts.place) in {
        short_district(one.district),
        short_city(one.city),
        short_district(other.district),
    } and bool(one.parts.place or other.parts.place)


def _holds(one: str, other: str) -> float:
    """How much it says that one name stands within the other; 0 where it does not or is a general word.

    Two full names written as one (浙江老年关怀医院杭州市拱墅区中医院) say most.
    """
    short, long = sorted((one, other), key=len)
    if len(short) < 5 or short == long or short not in long:
        return 0.0
    rest = long.removeprefix(short) if long.startswith(short) else long.removesuffix(short)
    # 第六人民医院杭州市|萧山区中医骨伤科医院: the second name may have lost the city it began with
    rest = re.sub(r"(?<=院|所|站|店|厂|行|校|心|司)[\u3400-\u9fff]{1,7}[省市区县]$", "", rest)
    return 0.45 if len(rest) >= 4 and _ORGANISATION_END.search(rest) and not _BRANCH.match(rest) else 0.25


def _alike(one: Profile, other: Profile) -> bool:
    """Names that differ in few signs (大学医学院 and 医科大学 before the same words), and not in their ordinal."""
    if _ORDINAL.findall(one.parts.core) != _ORDINAL.findall(other.parts.core):
        return False
    return SequenceMatcher(None, one.parts.core, other.parts.core, autojunk=False).ratio() >= 0.72


def _streets(one: Profile, other: Profile) -> tuple[bool, bool]:
    """Same address, different address; neither where one is missing or only names a town."""
    if not one.street or not other.street:
        return False, False
    if one.city and other.city and one.city != other.city:
        return False, True
    if one.district and other.district and one.district != other.district:
        return False, True
    if one.street == other.street:
        return (True, False) if re.search(r"\d", one.street) or len(one.street) >= 4 else (False, False)
    exact = re.search(r"\d", one.street) and re.search(r"\d", other.street)
    return False, bool(exact)


def _without_place(name: str) -> tuple[str, str]:
    """The name without the places it begins with, and the last of them by its short name."""
    tables = gazetteer()
    place = ""
    rest = name
    for _ in range(3):
        for length in range(min(8, len(rest) - 2), 1, -1):
            piece = rest[:length]
            after = rest[length:]
            if piece in tables.provinces:
                short = short_province(tables.provinces[piece])
            elif piece in tables.cities:
                short = short_city(piece)
            elif piece in tables.districts or piece in tables.changes:
                short = short_district(piece)
            else:
                continue
            if re.match(r"[路街道]", after):
                continue
            place, rest = short, re.sub(r"^[省市区县](?=.{2})", "", after)
            break
        else:
            break
    return rest, place

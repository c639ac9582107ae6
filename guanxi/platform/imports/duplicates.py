"""Which customers are the same, and which may be: the matching core with this application's profiles and words.

*Certain* means that a careful person would not ask; *possible* means that one would. `guanxi duplicates judge` prints
how often either is right.
"""

from __future__ import annotations

import marshal
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

from guanxi.cores.matching import comparing, customers
from guanxi.cores.matching.names import Name, read_names

from .lexicon import lexicon, place_of
from .packed import Chains
from .reasons import Reason, reason

LISTED: Final = comparing.LISTED
AT_HAND: Final = 2000
"""So many customers of an index are held as they are; the others as bytes."""
MANY: Final = 12
"""A number or a door that more customers share says little (a switchboard, an office tower)."""
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "same.code": ("统一社会信用代码相同", "same credit code"),
    "same.key": ("客户编号相同", "same customer number"),
    "name.same": ("名称相同", "same name"),
    "name.form": ("去掉地名和公司形式后名称相同", "same name but for place and legal form"),
    "name.alias": ("其中一个名称包含另一个的全称", "one name holds the other in full"),
    "name.unique": ("这样的名称一地只有一个", "only one in a place may bear such a name"),
    "name.sounds": ("名称读音相同", "names sound the same"),
    "name.typo": ("名称相差一两个字", "names differ in a sign or two"),
    "name.short": ("一个名称像是另一个的简称", "one name looks like the other, shortened"),
    "name.like": ("名称相近", "similar names"),
    "name.trade": ("行业相同，字号不同", "same trade, another word"),
    "name.other": ("名称不同", "different names"),
    "person.same": ("姓名相同", "same person's name"),
    "other.person": ("姓名不同", "different persons' names"),
    "same.phone": ("电话相同", "same telephone number"),
    "shared.phone": ("电话相同，但很多客户共用", "same telephone number, which many share"),
    "other.phone": ("电话不同", "different telephone numbers"),
    "same.door": ("地址相同", "same address"),
    "shared.door": ("地址相同，但很多客户在同一处", "same address, where many are"),
    "same.building": ("同一楼的不同房间", "other rooms of one building"),
    "other.door": ("地址不同", "different addresses"),
    "other.city": ("地址在不同城市", "addresses in different cities"),
    "same.contact": ("联系人相同", "same contact"),
    "swapped": ("客户名称和联系人互换", "customer and contact in each other's place"),
    "other.code": ("统一社会信用代码不同", "different credit codes"),
    "other.key": ("客户编号不同", "different customer numbers"),
    "other.place": ("名称或地址在不同地方", "name or address in another place"),
    "other.number": ("序号不同", "different numbers in the name"),
    "other.trade": ("行业不同", "different trades"),
    "branch": ("其中一个是分支机构", "one is a branch"),
    "part": ("其中一个是另一个的附属单位", "one belongs to the other"),
}
_MARKS: Final = {
    "same.door": "same.address",
    "other.door": "other.address",
    "name.form": "same.core",
    "name.same": "same.name",
}
"""Codes under which programs have known some reasons from the beginning."""


@dataclass(frozen=True)
class Profile:
    """What is compared of one customer. `ref` is the row number, or the key of an existing account.

    `name` as written, `also` other names of the same; `code`, `key` and E.164 `phones` normalised; `address` the text
    after the district; `city` and `district` by today's full names, '' where unknown; `contacts` the names of its people;
    `country` '' for unknown. `changeable`: whether who asks may change it.
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
    also: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    country: str = ""

    @cached_property
    def customer(self) -> customers.Customer:
        """As the core compares it."""
        return customers.read_customer(
            lexicon(),
            self.name,
            also=self.also,
            contacts=self.contacts,
            code=self.code,
            key=self.key,
            phones=self.phones,
            address=self.address,
            place=place_of("", self.city, self.district),
            country=self.country,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """Two customers that are or may be one. `score` from 0 to 1 is for sorting; `certain` decides."""

    ref: int | str
    existing: bool
    certain: bool
    score: float
    reasons: tuple[Reason, ...]


def name_parts(name: str) -> Name:
    """A customer's (first) name taken apart."""
    found = read_names(name, lexicon())
    return found[0] if found else Name("", "", "")


def name_key(name: str) -> str:
    """The name without signs, case and legal form, by which the same customer is looked up."""
    parts = name_parts(name)
    place = parts.place.district or parts.place.city or parts.place.province
    return (place + parts.core)[:120]


class Index:
    """Customers by everything they could be recognised by. asking: see `compare`.

    A file of 100,000 rows stands in it at once. So each customer is kept as one line of bytes, and read again when
    something speaks for it; keys and cores are numbers of 64 bits. Two that fall on one number would only be compared
    in vain.
    """

    def __init__(self, profiles: Iterable[Profile] = (), *, asking: bool = True) -> None:
        self.asking = asking
        self._lines: list[bytes] = []
        self._by = Chains()
        self._cores = Chains()
        self._at_hand: dict[int, Profile] = {}
        for profile in profiles:
            self.add(profile)

    def add(self, profile: Profile) -> None:
        """Make the customer findable for those that come after it."""
        number = len(self._lines)
        self._lines.append(_packed(profile))
        for key in keys(profile):
            self._by.add(hash(key), number)
        for core in {name.core for name in profile.customer.names}:
            self._cores.add(hash(core), number)
        self._keep(number, profile)

    def near(self, profile: Profile) -> list[Profile]:
        """Customers worth comparing, in the order in which they were added."""
        return self._look(profile)[0]

    def _look(self, profile: Profile) -> tuple[list[Profile], set[tuple[str, str]]]:
        """Customers worth comparing, and which keys of this one so many share that they say little."""
        numbers: dict[int, None] = {}
        shared: set[tuple[str, str]] = set()
        for key in keys(profile):
            block = self._by.find(hash(key))
            if len(block) > MANY:
                shared.add(key)
                if key[0] in ("phone", "door", "core"):
                    cores = {name.core for name in profile.customer.names}
                    alike = {number for core in cores for number in self._cores.find(hash(core))}
                    block = [number for number in block if number in alike][: 4 * MANY]
            numbers.update(dict.fromkeys(block))
        found: dict[tuple[bool, int | str], Profile] = {}
        for number in numbers:
            other = self._read(number)
            found.setdefault((other.existing, other.ref), other)
        return list(found.values()), shared

    def _read(self, number: int) -> Profile:
        held = self._at_hand.get(number)
        if held is not None:
            return held
        return self._keep(number, Profile(*marshal.loads(self._lines[number])))  # noqa: S302 (written above)

    def _keep(self, number: int, profile: Profile) -> Profile:
        """Those asked about last are at hand, with their names taken apart."""
        if len(self._at_hand) >= AT_HAND:
            del self._at_hand[next(iter(self._at_hand))]
        self._at_hand[number] = profile
        return profile

    def matches(self, profile: Profile) -> list[Match]:
        """All that are or may be the same customer: certain ones first, then by score."""
        near, shared = self._look(profile)
        found = [
            match for other in near if (match := compare(profile, other, shared=shared, asking=self.asking))
        ]
        return sorted(found, key=lambda match: (not match.certain, -match.score))


def _packed(profile: Profile) -> bytes:
    """A profile's fields, in their order."""
    return marshal.dumps(tuple(getattr(profile, name) for name in _FIELDS))


_FIELDS: Final = tuple(each.name for each in fields(Profile))


def keys(profile: Profile) -> list[tuple[str, str]]:
    """What a customer can be recognised by, as (kind, text)."""
    return customers.keys(profile.customer)


def weigh(
    profile: Profile, other: Profile, *, shared: Collection[tuple[str, str]] = ()
) -> tuple[Match, bool]:
    """What speaks for and against `other` being the same customer, and whether both bear one name or number, so that
    whoever enters the second should be asked."""
    verdict = comparing.compare(lexicon(), profile.customer, other.customer, shared=shared)
    match = Match(
        other.ref, other.existing, verdict.certain, verdict.points / 100, tuple(said(verdict.reasons))
    )
    return match, verdict.named


def compare(
    profile: Profile, other: Profile, *, shared: Collection[tuple[str, str]] = (), asking: bool = True
) -> Match | None:
    """A Match of `other` for `profile`, or None where nothing serious speaks for it. asking: see `weigh`."""
    match, named = weigh(profile, other, shared=shared)
    return match if match.score * 100 >= comparing.LISTED or (asking and named) else None


def said(reasons: Iterable[tuple[str, int]]) -> list[Reason]:
    """The core's reasons in words."""
    return [reason(_MARKS.get(code, code), *_WORDS[code]) for code, _ in reasons]

"""Are two customers one? Points for what speaks for it and against it, each with its reason.

The points stand in `POINTS`; 100 are as good as certain, from `LISTED` on a pair is worth a person's look. They were set
on the half of the labelled set that is for that (guanxi duplicates judge --part train), and judged on the other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Literal

from . import words
from .customers import Customer, Door
from .distance import edits, likeness, within
from .names import NOWHERE, Lexicon, Name, Place

Relation = Literal["same", "form", "alias", "sounds", "typo", "short", "like", "trade", "none"]

POINTS: Final = {
    # the names
    "name.same": 45, "name.unique": 35, "name.form": 42, "name.sounds": 34, "name.typo": 32, "name.short": 30,
    "name.like": 20, "name.trade": 12, "name.other": -30, "person.same": 30,
    # what stands beside them
    "same.code": 95, "same.key": 95, "same.phone": 42, "same.door": 40, "same.building": 14, "same.contact": 8,
    "shared.phone": 12, "shared.door": 12, "swapped": 55,
    # what speaks against it
    "other.code": -70, "other.key": -30, "other.phone": -8, "other.door": -10, "other.city": -25,
    "other.place": -60, "other.number": -80, "other.trade": -50, "branch": -60, "part": -60, "other.person": -70,
}  # fmt: skip
LISTED: Final = 60
CERTAIN: Final = 70


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of two customers: from 0 to 100 points, whether nobody needs to be asked, and the reasons in the
    order in which they were found, each with its points. named: one name or number in one place, so that whoever
    enters the second is asked, however much else differs."""

    points: int
    certain: bool
    reasons: tuple[tuple[str, int], ...]
    named: bool = False

    @property
    def listed(self) -> bool:
        """Whether the pair is worth a look."""
        return self.points >= LISTED


@dataclass
class _Account:
    reasons: list[tuple[str, int]] = field(default_factory=list)

    def add(self, reason: str, points: int | None = None) -> None:
        self.reasons.append((reason, POINTS[reason] if points is None else points))

    @property
    def points(self) -> int:
        return sum(points for _, points in self.reasons)


def compare(
    lexicon: Lexicon, one: Customer, other: Customer, *, shared: Collection[tuple[str, str]] = ()
) -> Verdict:
    """Whether `other` is the same customer as `one`; the order does not matter. shared: keys (see `customers.keys`) that
    so many customers have that they say little: a switchboard, an office tower."""
    phone = one.phones & other.phones
    door, near = _doors(one, other)
    code = bool(one.code) and one.code == other.code
    key = bool(one.key) and one.key == other.key
    beside = bool(phone) or door != "" or code or key
    relation, left, right = _names(lexicon, one, other, beside)
    account = _Account()
    if code:
        account.add("same.code")
    if key:
        account.add("same.key")
    swapped = beside and relation in ("none", "trade", "like") and _swapped(one, other)
    if swapped:
        account.add("swapped")
    else:
        _judge_names(account, relation, left, right, one, other, door)
    if phone:
        few = any(("phone", number) not in shared for number in phone)
        account.add("same.phone" if few else "shared.phone")
    elif one.phones and other.phones:
        account.add("other.phone")
    if door == "same":
        crowded = ("door", f"{one.place.city}{one.door.key}") in shared
        account.add("shared.door" if crowded else "same.door")
    elif door == "building":
        account.add("same.building")
    elif one.door.road and other.door.road:
        if near == "city":
            account.add("other.city")
        elif near == "door":
            account.add("other.door")
    if not swapped and _same_contact(one, other):
        account.add("same.contact")
    if one.code and other.code and not code:
        # One of two equal registered names in one place has a wrong code.
        pair = relation == "same" and left.registered and right.registered
        account.add("other.code", -20 if pair else None)
    if one.key and other.key and not key:
        account.add("other.key")
    points = max(0, min(100, account.points))
    registered = code or (relation == "same" and left.whole.endswith("公司"))
    borne = {"other.key", "other.phone"} if registered else {"other.key"}  # a company has many numbers
    against = any(worth < 0 and reason not in borne for reason, worth in account.reasons)
    same = relation in ("same", "form", "alias")
    certain = points >= CERTAIN and not against and (same or (code and relation != "none"))
    codes = {reason for reason, _ in account.reasons}
    named = code or key or (same and left.kind != "person" and not codes & _APART)
    return Verdict(points, certain, tuple(account.reasons), named)


_APART: Final = frozenset({"other.code", "other.city", "other.place", "other.number", "branch", "part"})


# -- names ---------------------------------------------------------------------------------------------------------


def _names(lexicon: Lexicon, one: Customer, other: Customer, beside: bool) -> tuple[Relation, Name, Name]:
    """The closest relation of any two of their names, and these two."""
    best: tuple[int, Relation, Name, Name] | None = None
    for a in one.names:
        for b in other.names:
            relation = relate(lexicon, a, b, beside)
            rank = _RANK[relation]
            if best is None or rank < best[0]:
                best = (rank, relation, a, b)
    if best is None:
        return "none", _NAMELESS, _NAMELESS
    return best[1:]


_RANK: Final[dict[Relation, int]] = {
    "same": 0, "form": 1, "alias": 1, "sounds": 2, "typo": 3, "short": 4, "like": 5, "trade": 6, "none": 7,
}  # fmt: skip
_NAMELESS: Final = Name("", "", "")


def relate(lexicon: Lexicon, a: Name, b: Name, beside: bool = True) -> Relation:
    """How two names are related. beside: whether something else is shared, without which only equal names matter."""
    if a.whole == b.whole:
        return "same"
    if a.core == b.core:
        return "form" if a.tail == b.tail else "like"
    if a.kind == "west" and b.kind == "west":
        return _relate_west(a, b) if beside else "none"
    if a.kind == "person" and b.kind == "person":
        return _relate_persons(lexicon, a, b) if beside else "none"
    if not beside:
        return "none"
    if (a.kind == "west") != (b.kind == "west"):
        latin, han = (a, b) if a.kind == "west" else (b, a)
        return (
            "sounds"
            if len(han.core) > 1 and latin.core.replace(" ", "") == lexicon.pinyin(han.core)
            else "none"
        )
    short, long = sorted((a, b), key=lambda name: len(name.core))
    length = len(short.core)
    if length == len(long.core) and length > 1 and lexicon.pinyin(a.core) == lexicon.pinyin(b.core):
        return "sounds"
    if length > 2 and edits(a.core, b.core, 1 if length < 7 else 2) <= (1 if length < 7 else 2):
        return "typo"
    if _shortened(short, long):
        return "short"
    if a.kind == b.kind == "institution" or min(len(a.core), len(b.core)) > 5:
        if likeness(a.core, b.core) >= 0.72:
            return "like"
    if a.kind == b.kind == "company" and a.strong_trades and a.strong_trades == b.strong_trades:
        return "trade"
    return "none"


def _shortened(short: Name, long: Name) -> bool:
    """恒远 or 恒远电子 for 恒远电子科技; 市一医院 for 第一人民医院."""
    if len(short.core) < 2 or (short.kind == "person" and len(short.core) > 2):
        return False
    if long.kind == "institution":
        little, much = short.core.lstrip("市第"), long.core.lstrip("第")
        return (
            len(little) > 1 and little[0] == much[0] and within(little, much) and not much.startswith(little)
        )
    if short.kind == "institution":
        return False
    if short.word == long.word:
        return True
    return long.core.startswith(short.core) or (len(short.core) >= 3 and within(short.core, long.core))


def _relate_persons(lexicon: Lexicon, a: Name, b: Name) -> Relation:
    if a.title or b.title:
        return "short" if a.core[0] == b.core[0] else "none"
    if (
        a.core[0] == b.core[0]
        and len(a.core) == len(b.core)
        and lexicon.pinyin(a.core) == lexicon.pinyin(b.core)
    ):
        return "sounds"
    if edits(a.core, b.core, 1) == 1:
        return "typo"
    return "none"


def _relate_west(a: Name, b: Name) -> Relation:
    left, right = a.core.replace(" ", ""), b.core.replace(" ", "")
    if left == right:
        return "form"
    least = min(len(left), len(right))
    if least >= 5 and edits(left, right, 2 if least >= 8 else 1) <= (2 if least >= 8 else 1):
        return "typo"
    short, long = sorted((a.core.split(), b.core.split()), key=len)
    if long[: len(short)] == short and (len(short) > 1 or len(short[0]) >= 4):
        return "short"
    if sorted(short) == sorted(long):
        return "form"
    return "like" if likeness(left, right) >= 0.8 else "none"


def _judge_names(
    account: _Account, relation: Relation, a: Name, b: Name, one: Customer, other: Customer, door: str
) -> None:
    """Points for the names, and for what about them cannot be."""
    persons = a.kind == b.kind == "person"
    if relation == "same" or relation == "form":
        if persons:
            account.add("person.same")
        else:
            account.add("name.same" if relation == "same" else "name.form")
            if unique := _unique(a, b, one, other, relation):
                account.add("name.unique", unique)
    elif relation in ("sounds", "typo", "short", "like", "trade"):
        account.add(f"name.{relation}")
    elif not persons and (a.registered or b.registered or a.kind == "west"):
        account.add("name.other")
    if persons and (
        relation == "none"
        or (relation in ("sounds", "typo") and not _same_mobile(one, other))
        or (relation == "short" and not one.phones & other.phones)
    ):
        account.add("other.person")
    if a.number and b.number and a.number != b.number:
        account.add("other.number")
    if _branches(a, b, door):
        account.add("branch")
    elif _part(a, b):
        account.add("part")
    if _elsewhere(a, b, one, other):
        account.add("other.place")
    if relation in ("none", "short", "like", "typo", "sounds") and _other_trade(a, b):
        account.add("other.trade")


def _unique(a: Name, b: Name, one: Customer, other: Customer, relation: Relation) -> int:
    """More points where only one in a place may bear such a name, or where nothing but the name is known."""
    here = (a.place | _town(one.place)), (b.place | _town(other.place))
    if here[0].against(here[1]):
        return 0
    known = NOWHERE not in here
    if relation == "same" and (a.whole.endswith("公司") or one.bare or other.bare):
        return POINTS["name.unique"]
    if a.kind == "west":
        return 25 if a.registered or b.registered else 15
    if (a.registered or b.registered) and len(a.core) > 3:
        return 20 if known and a.place == b.place != NOWHERE else 12 if known else 6
    if a.kind == b.kind == "institution" and a.place == b.place != NOWHERE:
        return 25
    return 0


def _town(place: Place) -> Place:
    return Place(place.province, place.city, "")


def _same_mobile(one: Customer, other: Customer) -> bool:
    return any(number.startswith(("+861", "1")) for number in one.phones & other.phones)


def _branches(a: Name, b: Name, door: str) -> bool:
    """Whether one is a branch of the other, or both are of one house and have doors of their own."""
    if a.tail == b.tail or (a.tail and b.tail and door):
        return False
    return a.core == b.core or a.word == b.word or likeness(a.core, b.core) >= 0.72


def _part(a: Name, b: Name) -> bool:
    """Whether one is what belongs to the other: its canteen, its charity."""
    short, long = sorted((a, b), key=lambda name: len(name.whole))
    if short.kind == "west":
        return False
    return (
        short.kind == "institution"
        and long.whole.startswith(short.whole)
        and len(long.whole) - len(short.whole) >= 2
    )


def _elsewhere(a: Name, b: Name, one: Customer, other: Customer) -> bool:
    """Whether name or address put them into different places."""
    if a.place.against(b.place):
        return True
    if (
        a.kind == b.kind == "institution"
        and a.core == b.core
        and a.general
        and NOWHERE not in (a.place, b.place)
    ):
        # 杭州市中医院 and 萧山区中医院 are two.
        narrow = [place.district or place.city for place in (a.place, b.place)]
        return narrow[0] != narrow[1]
    if one.country and other.country and one.country != other.country:
        return True
    if not _town(a.place).against(_town(other.place)) and not _town(b.place).against(_town(one.place)):
        return False
    # A name may keep the place that the company left; then it stands in both names.
    return a.place != b.place


def _other_trade(a: Name, b: Name) -> bool:
    """Whether both name a trade, and not the same."""
    if a.kind != "company" or b.kind != "company" or not a.strong_trades or not b.strong_trades:
        return False
    return not a.strong_trades & b.strong_trades and not any(
        set(x) & set(y) for x in a.strong_trades for y in b.strong_trades
    )


# -- doors and people ----------------------------------------------------------------------------------------------


def _doors(one: Customer, other: Customer) -> tuple[str, str]:
    """('same' or 'building' or '', how far apart: 'city', 'door' or '')."""
    a, b = one.door, other.door
    if not a.road or not b.road:
        return "", ""
    if _town(one.place).against(_town(other.place)) or (
        one.country and other.country and one.country != other.country
    ):
        return "", "city"
    if a.number and b.number:
        if a.number == b.number and _same_road(a, b):
            return ("building" if a.room and b.room and a.room != b.room else "same"), ""
        return "", "" if a.road == b.road else "door"
    if a == b and len(a.road) >= 4:
        return "same", ""
    return "", ""


def _same_road(a: Door, b: Door) -> bool:
    return (
        a.road == b.road
        or a.road.endswith(b.road)
        or b.road.endswith(a.road)
        or (len(a.road) > 2 and edits(a.road, b.road, 1) == 1 and a.road[-1] == b.road[-1])
    )


def _same_contact(one: Customer, other: Customer) -> bool:
    return any(a.whole == b.whole for a in one.contacts for b in other.contacts)


def _swapped(one: Customer, other: Customer) -> bool:
    """Whether somebody put contact and company into each other's column."""

    def crossed(a: Customer, b: Customer) -> bool:
        return any(
            contact.core == name.core
            and contact.tail == name.tail
            and (contact.kind != "person" or len(contact.core) > 3)
            for contact in a.contacts
            for name in b.names
        ) and any(contact.whole == name.whole for contact in b.contacts for name in a.names)

    return crossed(one, other) or crossed(other, one) or _company_as_contact(one, other)


def _company_as_contact(one: Customer, other: Customer) -> bool:
    return any(
        contact.core == name.core
        and contact.tail == name.tail
        and contact.kind != "person"
        and not contact.place.against(name.place)
        for a, b in ((one, other), (other, one))
        for contact in a.contacts
        for name in b.names
    )


__all__ = ["CERTAIN", "LISTED", "POINTS", "Relation", "Verdict", "compare", "relate", "words"]

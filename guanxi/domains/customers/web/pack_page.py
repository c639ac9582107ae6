"""The hand-over pack on screen: a hundred customers are searched, narrowed and paged; each unfolds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from guanxi.platform.kernel import Text

from ..handover import pack
from ..handover.parts import parts

FEW = 5
"""So many customers stand unfolded by themselves."""
PORTION = 30
KEY = "key"


@dataclass(frozen=True, slots=True)
class Option:
    """What the customers can be narrowed to."""

    value: str
    label: Text
    chosen: bool


@dataclass(frozen=True, slots=True)
class PackPage:
    """A portion of the pack. customers: those of this page; found: how many fit; total: how many go over."""

    customers: Sequence[pack.ShownCustomer]
    others: Sequence[pack.ShownPart]
    total: int
    found: int
    first: int
    typed: str
    show: str
    options: Sequence[Option]
    unfolded: bool
    fold_url: str
    previous_url: str
    next_url: str

    @property
    def last(self) -> int:
        return self.first + len(self.customers) - 1

    @property
    def many(self) -> bool:
        """Whether looking for one of them is worth a line."""
        return self.total > FEW

    @property
    def narrowed(self) -> bool:
        return bool(self.typed or self.show)


def page_of(shown: pack.ShownPack, request: HttpRequest) -> PackPage:
    """The portion that was asked for: q (words), show (a part's name, or 'key'), page, all (1: unfolded)."""
    asked = request.GET
    typed = asked.get("q", "").strip()[:100]
    labels = _labels(shown)
    show = asked.get("show", "")
    show = show if show in labels else ""
    fitting = [c for c in shown.customers if _fits(c, typed.casefold(), show)]
    pages = max(1, -(-len(fitting) // PORTION))
    given = asked.get("page", "")
    number = min(int(given), pages) if given.isdecimal() and 0 < len(given) < 6 else 1
    number = max(number, 1)
    said = asked.get("all", "")
    unfolded = said == "1" or (said != "0" and len(fitting) <= FEW)

    def address(**changed: Any) -> str:
        kept = {"q": typed, "show": show, "all": said, **changed}
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    start = (number - 1) * PORTION
    return PackPage(
        customers=fitting[start : start + PORTION],
        others=shown.others,
        total=len(shown.customers),
        found=len(fitting),
        first=start + 1,
        typed=typed,
        show=show,
        options=[Option(name, label, name == show) for name, label in labels.items()],
        unfolded=unfolded,
        fold_url=address(all="0" if unfolded else "1", page=number if number > 1 else ""),
        previous_url=address(page=number - 1) if number > 1 else "",
        next_url=address(page=number + 1) if number < pages else "",
    )


def _labels(shown: pack.ShownPack) -> dict[str, Text]:
    """What there is to narrow to in this pack."""
    held = {part.name for c in shown.customers for part in c.parts}
    found = {KEY: Text("重点客户", "Key customers")} if any(c.key for c in shown.customers) else {}
    return found | {p.name: p.label for p in parts() if p.name in held}


def _fits(customer: pack.ShownCustomer, words: str, show: str) -> bool:
    if show == KEY and not customer.key:
        return False
    if show not in ("", KEY) and all(part.name != show for part in customer.parts):
        return False
    return not words or any(words in said.casefold() for said in _said(customer))


def _said(customer: pack.ShownCustomer) -> Sequence[str]:
    """Everything that is looked through: the customer, its people and what goes over with it."""
    people = [said for one in customer.contacts for said in (one.name, one.phone, one.post)]
    lines = [said for part in customer.parts for line in part.lines for said in (line.what.zh, line.what.en)]
    return [customer.name, *people, *lines]

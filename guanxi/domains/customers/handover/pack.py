"""The hand-over pack: what goes over, customer by customer, with what matters to each contact; and its hash.

Until both have signed it is composed anew at each look, so that a signature is bound to what was true when it was given.
What went over is kept with the hand-over as it was signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guanxi.platform.approvals.kinds import content_hash
from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person

from .. import words
from ..models import Account, Contact
from ..models_handover import HandOver
from . import own as _own  # noqa: F401 (declares the parts of customers)
from .parts import Line, parts

FRAME = "customers"
COUNTED = ("customers", "promises", "visits", "duties")


def lines_of(giver: Person, customers: list[int] | None) -> dict[str, list[Line]]:
    """What is in a person's hands, part by part; customers: ids, or None for all."""
    return {p.name: p.lines(giver, customers) for p in parts()}


def compose(hand_over: HandOver) -> dict[str, Any]:
    """What goes over as it stands now: plain data, the same for the same state of things."""
    found = lines_of(hand_over.giver, list(hand_over.chosen) or None)
    frame = {line.customer: line for line in found[FRAME]}
    accounts = {a.pk: a for a in Account.objects.filter(pk__in=_customers_in(found))}
    contacts: dict[int, list[dict[str, Any]]] = {}
    there = Contact.objects.filter(customer__in=list(frame), active=True)
    for contact in there.order_by("customer_id", "-primary", "pk"):
        contacts.setdefault(contact.customer_id, []).append(_contact(contact))
    under: dict[int, dict[str, list[dict[str, Any]]]] = {}
    others: dict[str, list[dict[str, Any]]] = {}
    for name, lines in found.items():
        if name == FRAME:
            continue
        for line in lines:
            if line.customer in frame:
                under.setdefault(line.customer, {}).setdefault(name, []).append(line.plain())  # type: ignore[arg-type]
            else:
                named = accounts.get(line.customer or 0)
                others.setdefault(name, []).append({**line.plain(), "of": named.name if named else ""})
    return {
        "giver": hand_over.giver_id,
        "taker": hand_over.taker_id,
        "leaves": hand_over.leaves,
        "whole": not hand_over.chosen,
        "customers": [
            {
                **line.plain(),
                "grade": accounts[id].grade,
                "key": accounts[id].key,
                "contacts": contacts.get(id, []),
                "lines": under.get(id, {}),
            }
            for id, line in frame.items()
            if id is not None
        ],
        "others": others,
    }


def hash_of(content: Mapping[str, Any]) -> str:
    """The fingerprint that signatures are bound to."""
    return content_hash(content)


def present(hand_over: HandOver) -> tuple[dict[str, Any], str]:
    """The pack and its hash: as it stands now, or as it was signed."""
    if hand_over.content is not None:
        return hand_over.content, hand_over.content_hash
    content = compose(hand_over)
    return content, hash_of(content)


def counts(content: Mapping[str, Any]) -> dict[str, int]:
    """How much of each goes over."""
    found = dict.fromkeys(COUNTED, 0)
    found[FRAME] = len(content["customers"])
    for held in (*(c["lines"] for c in content["customers"]), content["others"]):
        for name, lines in held.items():
            if name in found:
                found[name] += len(lines)
    return found


def _customers_in(found: Mapping[str, Sequence[Line]]) -> set[int]:
    return {line.customer for lines in found.values() for line in lines if line.customer is not None}


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.pk,
        "name": contact.name,
        "post": contact.post,
        "role": contact.decision_role,
        "phone": contact.phone,
        "channel": contact.channel,
        "birthday": contact.birthday,
        "matters": contact.matters,
        "main": contact.primary,
    }


# --- as screen and paper show it -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownLine:
    what: Text
    when: datetime | None
    note: Text
    clause: str
    of: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownPart:
    name: str
    label: Text
    lines: Sequence[ShownLine]


@dataclass(frozen=True, slots=True)
class ShownContact:
    name: str
    post: str
    role: Text | None
    phone: str
    channel: Text | None
    birthday: str
    matters: str


@dataclass(frozen=True, slots=True)
class ShownCustomer:
    id: int
    name: str
    grade: str
    key: bool
    note: Text
    contacts: Sequence[ShownContact]
    parts: Sequence[ShownPart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownPack:
    customers: Sequence[ShownCustomer]
    others: Sequence[ShownPart]
    counts: Mapping[str, int]


def shown(content: Mapping[str, Any]) -> ShownPack:
    """The pack's plain data with words and times."""
    return ShownPack(
        [
            ShownCustomer(
                int(c["id"]),
                c["what"][0],
                c["grade"],
                c["key"],
                Text(*c["note"]),
                [_shown_contact(one) for one in c["contacts"]],
                _shown_parts(c["lines"]),
            )
            for c in content["customers"]
        ],
        _shown_parts(content["others"]),
        counts(content),
    )


def _shown_parts(held: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[ShownPart]:
    return [
        ShownPart(p.name, p.label, [_shown_line(o) for o in held[p.name]])
        for p in parts()
        if held.get(p.name)
    ]


def _shown_line(one: Mapping[str, Any]) -> ShownLine:
    when = datetime.fromisoformat(one["when"]) if one["when"] else None
    return ShownLine(
        Text(*one["what"]), when, Text(*one["note"]), one["clause"], one.get("of", ""), one["url"]
    )


def _shown_contact(one: Mapping[str, Any]) -> ShownContact:
    return ShownContact(
        one["name"],
        one["post"],
        words.DECISION_ROLES.get(one["role"]),
        one["phone"],
        words.CHANNELS.get(one["channel"]),
        one["birthday"].removeprefix("--"),
        one["matters"],
    )

"""What somebody follows, and what is new to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.reads import first_seq

from .. import reads
from ..models import Account
from ..models_following import Following, Looked

RECENT = timedelta(days=30)
"""What is older stands on the timeline, but not on Today."""
MOST = 300
"""Facts that Today looks through, of the customers somebody follows."""


@dataclass(frozen=True, slots=True)
class SinceThen:
    """What others did at a customer since somebody looked last. at: when that was; upto: the fact seen then, 0 for never;
    news: how many facts came since; newest: the newest fact there is."""

    at: datetime | None
    upto: int
    news: int
    newest: int


@dataclass(frozen=True, slots=True)
class News:
    """A followed customer with something new: the newest fact, and how many."""

    customer: Account
    fact: Fact
    count: int


def follows(person: Any, account: Account) -> bool:
    """Whether this person follows it."""
    return Following.objects.filter(person=person.pk, customer=account).exists()


def since_last_look(person: Any, account: Account, newest: int) -> SinceThen:
    """`newest`: the newest fact that is shown now."""
    row = Looked.objects.filter(person=person.pk, customer=account).first()
    if row is None:
        return SinceThen(None, 0, 0, newest)
    ids = reads.ids_of(account.pk)
    facts = Fact.objects.filter(customer_id__in=ids, kind__in=reads.shown_kinds(), seq__gt=row.seq)
    return SinceThen(row.at, row.seq, facts.exclude(actor_id=person.pk).count(), newest)


def news_of_followed(person: Any, now: datetime, most: int) -> Sequence[News]:
    """The customers somebody follows at which others did something since they looked, newest first."""
    mine = dict(
        Following.objects.filter(reads.of_visible(person), person=person.pk).values_list(
            "customer_id", "since"
        )
    )
    if not mine:
        return []
    looked = dict(
        Looked.objects.filter(person=person.pk, customer__in=mine).values_list("customer_id", "seq")
    )
    began = first_seq(now - RECENT)
    corrected = Fact.objects.filter(customer_id__in=mine, kind="journal.annulled", seq__gte=began)
    taken_back = {data["fact"] for data in corrected.values_list("data", flat=True)}
    facts = (
        Fact.objects.filter(customer_id__in=mine, kind__in=reads.shown_kinds(), seq__gte=began)
        .exclude(actor_id=person.pk)
        .select_related("words")
        .order_by("-seq")[:MOST]
    )
    newest: dict[int, Fact] = {}
    counted: dict[int, int] = {}
    for fact in facts:
        id = fact.customer_id or 0
        if fact.recorded_at < mine[id] or fact.seq <= looked.get(id, 0) or fact.seq in taken_back:
            continue
        newest.setdefault(id, fact)
        counted[id] = counted.get(id, 0) + 1
    shown = dict(list(newest.items())[:most])
    rows = Account.objects.in_bulk(shown)
    return [News(rows[id], fact, counted[id]) for id, fact in shown.items() if id in rows]

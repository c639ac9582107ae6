"""The search: some customers at a time, each compared with whatever shares a name, a telephone or a credit code with it.

Comparing holds nothing; only writing down what was found does, a moment for each portion. Whoever takes over from a
worker that died goes on behind the last portion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from guanxi.platform.imports.duplicates import Index, Match, Profile
from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.kernel import Clock

from .. import reads
from ..models import Account, Contact
from ..models_twins import OPEN, TwinPair, TwinSearch

JOB = "customers.find_twins"
PORTION = 200
MOST_ALIKE = 60
"""Customers compared for one number or name that many share; of more than that it says nothing."""
_MOST_IN = 900


def begin(by: Any, now: datetime, since: datetime | None = None) -> TwinSearch:
    """A new search, or the one that is not over yet; the worker takes it."""
    under_way = TwinSearch.objects.filter(finished_at=None).first()
    if under_way is not None:
        _queue(under_way, now)
        return under_way
    rows = _wanted(since)
    last = rows.aggregate(last=Max("pk"))["last"] or 0
    made = TwinSearch.objects.create(by=by, started_at=now, since=since, upto=last, total=rows.count())
    _queue(made, now)
    return made


def key_of(search: TwinSearch) -> str:
    """The key of the search's job."""
    return f"{JOB}:{search.pk}"


def _queue(search: TwinSearch, now: datetime) -> None:
    """Hand it to the worker; one whose job was given up goes on where it broke off."""
    enqueue(JOB, {"id": search.pk}, key=key_of(search), clock=lambda: now)


def begin_nightly(clock: Clock) -> TwinSearch | None:
    """A search of what changed since the last one began; None where nothing did."""
    last = TwinSearch.objects.exclude(finished_at=None).first()
    since = last.started_at if last is not None else None
    return begin(None, clock(), since) if _wanted(since).exists() else None


def _wanted(since: datetime | None) -> QuerySet[Account]:
    """Customers to look at: all, or those that changed, or whose people did."""
    if since is None:
        return Account.objects.all()
    people = Contact.objects.filter(updated_at__gte=since).values("customer")
    return Account.objects.filter(Q(updated_at__gte=since) | Q(pk__in=people))


def run_search(id: int, *, clock: Clock, beat: Callable[[dict[str, Any] | None], None]) -> None:
    """Go on with a search until it is over."""
    search = TwinSearch.objects.filter(pk=id, finished_at=None).first()
    if search is None:
        return
    while True:
        rows = _wanted(search.since).filter(pk__gt=search.at, pk__lte=search.upto).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:PORTION])
        if not ids:
            break
        found = _twins_of(ids)
        with transaction.atomic():
            search.found += _write(found, clock())
            search.at, search.looked = ids[-1], search.looked + len(ids)
            search.save(update_fields=["at", "looked", "found"])
        beat({"looked": search.looked, "total": search.total, "found": search.found})
    with transaction.atomic():
        if search.since is None:  # every customer was looked at: what was not found again is no longer alike
            TwinPair.objects.filter(state=OPEN, found_at__lt=search.started_at).delete()
        search.finished_at = clock()
        search.save(update_fields=["finished_at"])


def _twins_of(ids: Sequence[int]) -> dict[tuple[int, int], Match]:
    """Pair (the smaller id first) -> what speaks for it, of each pair that one of these customers belongs to."""
    mine = [profile for _, profile in reads.profiles(ids)]
    index = Index(mine)
    for _, profile in reads.profiles(_near(mine) - set(ids)):
        index.add(profile)
    found: dict[tuple[int, int], Match] = {}
    for profile in mine:
        for match in index.matches(profile):
            if match.ref != profile.ref:
                pair = (min(int(profile.ref), int(match.ref)), max(int(profile.ref), int(match.ref)))
                found.setdefault(pair, match)
    return found


def _near(profiles: Sequence[Profile]) -> set[int]:
    """The customers that share a name, a number or a code with one of these."""
    names: set[str] = set()
    phones: set[str] = set()
    codes: set[str] = set()
    for profile in profiles:
        names |= reads.name_keys(profile)
        phones |= profile.phones
        codes |= {profile.code} - {""}
    people = Contact.objects.filter(active=True)
    found = _by(Account.objects.all(), "name_key", names, "pk") | _by(
        Account.objects.all(), "credit_code", codes, "pk"
    )
    return (
        found
        | _by(Account.objects.all(), "phone_key", phones, "pk")
        | _by(people, "phone_key", phones, "customer")
    )


def _by(rows: QuerySet[Any], field: str, wanted: set[str], id: str) -> set[int]:
    """The ids of the rows whose field holds one of the texts; the first ones of a text that many hold."""
    many: dict[str, int] = {}
    found: set[int] = set()
    ordered = sorted(wanted)
    for start in range(0, len(ordered), _MOST_IN):
        part = ordered[start : start + _MOST_IN]
        for text, one in reads.known_by(rows, field, part).order_by("pk").values_list(field, id).iterator():
            many[text] = many.get(text, 0) + 1
            if many[text] <= MOST_ALIKE:
                found.add(one)
    return found


def _write(found: dict[tuple[int, int], Match], now: datetime) -> int:
    """Write the pairs down; how many are new. What somebody decided stays decided."""
    if not found:
        return 0
    there = {
        (row.first_id, row.second_id): row
        for row in TwinPair.objects.filter(
            Q(first__in={first for first, _ in found}) & Q(second__in={second for _, second in found})
        )
    }
    alive = set(
        Account.objects.filter(pk__in={id for pair in found for id in pair}).values_list("pk", flat=True)
    )
    new = []
    for (first, second), match in sorted(found.items()):
        if not {first, second} <= alive:
            continue  # merged meanwhile
        said = {
            "score": round(match.score * 100),
            "certain": match.certain,
            "reasons": [[r.code, r.text.zh, r.text.en] for r in match.reasons],
            "found_at": now,
        }
        row = there.get((first, second))
        if row is None:
            new.append(TwinPair(first_id=first, second_id=second, **said))
        else:
            TwinPair.objects.filter(pk=row.pk).update(**said)
    TwinPair.objects.bulk_create(new)
    return len(new)

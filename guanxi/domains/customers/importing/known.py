"""The customers there are, as judging asks about them: looked up for many rows at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Max

from guanxi.platform.imports.duplicates import Index, Profile
from guanxi.platform.imports.fields import NOT_DATA, normal
from guanxi.platform.imports.sheet import Row, Sheet

from .. import reads
from ..models import Account, Contact
from ..models_import import CREATED, UPDATED, ExternalKey, ImportRow

WORK = "customers.work"
_MOST_IN = 900


class Held:
    """See `guanxi.platform.imports.judge.Accounts`. Other people's customers count as possible twins like one's own;
    other people's key customers do not even show that they exist. What is shown of a match is decided elsewhere."""

    def __init__(self, person: Any) -> None:
        self.person = person
        self.profiles: dict[int, Profile] = {}
        self.index = Index()
        self.numbered: dict[str, set[int]] = {}
        self.any = Account.objects.exists()

    def prepare(self, profiles: Sequence[Profile]) -> None:
        """Load whatever may be a twin of one of these."""
        self.profiles, self.index, self.numbered = {}, Index(), {}
        if not self.any or not profiles:
            return
        names: set[str] = set()
        phones: set[str] = set()
        codes: set[str] = set()
        numbers: set[str] = set()
        for profile in profiles:
            names |= reads.name_keys(profile)
            phones |= profile.phones
            codes |= {profile.code} - {""}
            numbers |= {profile.key} - {""}
        ids: set[int] = set()
        for part in _parts(names):
            ids.update(Account.objects.filter(name_key__in=part).values_list("pk", flat=True))
        accounts, people = Account.objects.all(), Contact.objects.filter(active=True).order_by()
        for field, wanted in (("phone_key", phones), ("credit_code", codes)):
            for part in _parts(wanted):
                ids.update(reads.known_by(accounts, field, part).values_list("pk", flat=True))
        for part in _parts(phones):
            ids.update(reads.known_by(people, "phone_key", part).values_list("customer", flat=True))
        for part in _parts(numbers):
            for key, account in ExternalKey.objects.filter(key__in=part).values_list("key", "account"):
                self.numbered.setdefault(key, set()).add(account)
                ids.add(account)
        self.load(ids)

    def by_key(self, key: str) -> Profile | None:
        """Whoever has this number; where several have it, one that is not to be changed without asking."""
        found = [self.profiles[id] for id in sorted(self.numbered.get(key, ())) if id in self.profiles]
        return replace(found[-1], changeable=False) if len(found) > 1 else next(iter(found), None)

    def near(self, profile: Profile) -> list[Profile]:
        return self.index.near(profile)

    def load(self, ids: set[int]) -> None:
        """Make these customers comparable."""
        for part in _parts(ids):
            found = list(Account.objects.filter(pk__in=part))
            secret = {a.pk for a in found if a.key}
            if secret:
                secret -= set(reads.among(self.person, secret).values_list("pk", flat=True))
            mine = set(
                Account.objects.filter(reads.within(self.person, WORK), pk__in=part).values_list(
                    "pk", flat=True
                )
            )
            former = reads.former_names(part)
            known = dict(ExternalKey.objects.filter(account__in=part).values_list("account", "key"))
            phones: dict[int, set[str]] = {}
            people = Contact.objects.filter(customer__in=part, active=True).order_by()
            for customer, number in people.values_list("customer", "phone_key"):
                phones.setdefault(customer, set()).add(number)
            for account in found:
                if account.pk in secret:
                    continue
                profile = reads.profile_of(
                    account,
                    phones.get(account.pk, set()),
                    known.get(account.pk, ""),
                    former=former.get(account.pk, ()),
                )
                profile = replace(profile, changeable=account.pk in mine)
                self.profiles[account.pk] = profile
                self.index.add(profile)


def digest_of(sheet: Sheet) -> Callable[[Row], str]:
    """What gives the hash of a row as it stands: cells by the name of their column, whatever their order."""
    counted = {i for i, name in enumerate(sheet.header) if normal(name) in NOT_DATA or name == "#"}
    names = list(sheet.header)

    def digest(row: Row) -> str:
        said = sorted(
            [names[i] if i < len(names) else f"+{i}", cell.strip()]
            for i, cell in enumerate(row.cells)
            if cell.strip() and i not in counted
        )
        body = json.dumps(said, ensure_ascii=False)
        return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()

    return digest


def seen_before(sheet: Sheet) -> dict[int, int]:
    """Row number -> the customer that this very row led to in an earlier import, unless a later one said something else of it
    (a customer that moved, and moved back, is brought up to date both times)."""
    found: dict[int, int] = {}
    # With the outcomes as words of the query, by which alone SQLite sees that the index of such rows serves.
    came = ImportRow.objects.extra(where=[f"outcome IN ('{CREATED}', '{UPDATED}')"])  # noqa: S610 (our own words)
    if not came.exists():
        return found
    digest = digest_of(sheet)
    for start in range(0, len(sheet.rows), _MOST_IN):
        digests = {row.number: digest(row) for row in sheet.rows[start : start + _MOST_IN]}
        before = came.filter(digest__in=digests.values(), account__isnull=False).order_by("pk")
        rows = list(before.values_list("digest", "account", "run"))
        newest = dict(
            came.filter(account__in={account for _, account, _ in rows})
            .values_list("account")
            .annotate(Max("run"))
        )
        led = {one: account for one, account, run in rows if run == newest[account]}
        found |= {number: led[one] for number, one in digests.items() if one in led}
    return found


def _parts(values: set[Any]) -> list[list[Any]]:
    ordered = sorted(values)
    return [ordered[i : i + _MOST_IN] for i in range(0, len(ordered), _MOST_IN)]

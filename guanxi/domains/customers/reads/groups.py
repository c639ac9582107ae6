"""Companies and their parents, service classes and tags, as far as a person may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count

from guanxi.platform.journal.quick import select

from ..models import Account
from ..models_grouping import Tag, Tagged
from .visible import among, of_visible, visible

_PARENT = "SELECT parent_id FROM customers_account WHERE id = %s"
MOST_ROOTS = 50
MOST_LEVELS = 20


def above(customer: int) -> list[int]:
    """The parent, its parent and so on; ends where the chain ends, or comes back to where it was."""
    found: list[int] = []
    at: int | None = customer
    while at is not None:
        rows = select(_PARENT, at)
        at = rows[0][0] if rows else None
        if at is None or at in found or at == customer:
            break
        found.append(at)
    return found


def below(roots: Iterable[int]) -> set[int]:
    """Everything under these customers at any depth, themselves left out unless one stands under another."""
    found: set[int] = set()
    level = list(roots)
    for _ in range(MOST_LEVELS):
        if not level:
            break
        children = set(Account.objects.filter(parent__in=level).values_list("pk", flat=True))
        level = list(children - found)
        found |= children
    return found


def parents_of(person: Any, account: Account) -> list[Account]:
    """The companies above it, the highest first, up to the first that this person may not see."""
    ids = above(account.pk) if account.parent_id else []
    seen = {a.pk: a for a in among(person, ids)} if ids else {}
    found: list[Account] = []
    for id in ids:
        if id not in seen:
            break
        found.insert(0, seen[id])
    return found


def group_roots(person: Any, text: str) -> list[Account]:
    """The customers whose groups are meant by a text: the one with this number, or those with it in their name."""
    rows = visible(person)
    if text.isdecimal() and len(text) < 19:
        return list(rows.filter(pk=int(text)))
    return list(rows.filter(name__icontains=text, children__isnull=False).distinct()[:MOST_ROOTS])


def tags_of(account: Account) -> Sequence[Tag]:
    """A customer's tags, by name."""
    return [one.tag for one in account.tagged.select_related("tag")]


def tag_choices(*, retired: bool = False) -> list[tuple[int, str]]:
    """(id, name) of the tags, for forms and filters; retired ones too where asked."""
    rows = Tag.objects.all() if retired else Tag.objects.filter(active=True)
    return list(rows.values_list("pk", "name"))


def tag_counts(person: Any, tags: Iterable[int]) -> Mapping[int, int]:
    """Tag -> how many active customers that this person sees have it."""
    rows = Tagged.objects.filter(of_visible(person), tag__in=list(tags), customer__active=True)
    return dict(rows.order_by().values("tag").annotate(n=Count("pk")).values_list("tag", "n"))

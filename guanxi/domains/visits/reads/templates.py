"""The kit list and the playbook, by purpose."""

from __future__ import annotations

from django.db.models import Q

from guanxi.platform.journal.quick import Prepared

from ..models import KitItem, PlaybookEntry

_kit: Prepared[KitItem] = Prepared(lambda: KitItem.objects.filter(active=True).order_by("order", "id"))


def kit() -> list[KitItem]:
    """Everything on the kit list that is in use, in order."""
    return _kit()


def kit_for(purpose: str) -> list[KitItem]:
    """The kit for a visit of this purpose, in order."""
    return [item for item in kit() if item.purpose in ("", purpose)]


def playbook_for(purpose: str) -> list[PlaybookEntry]:
    """What the playbook says for a visit of this purpose: its own entries first, then those for every visit."""
    found = PlaybookEntry.objects.filter(Q(purpose="") | Q(purpose=purpose), active=True)
    return sorted(found, key=lambda e: (e.purpose == "", e.order, e.pk))


def playbook(typed: str = "") -> list[PlaybookEntry]:
    """Entries in use that hold what is typed, in any language."""
    rows = PlaybookEntry.objects.filter(active=True)
    for word in typed.split()[:8]:
        rows = rows.filter(
            Q(title_zh__icontains=word)
            | Q(title_en__icontains=word)
            | Q(body_zh__icontains=word)
            | Q(body_en__icontains=word)
        )
    return list(rows.order_by("section", "purpose", "order", "id"))

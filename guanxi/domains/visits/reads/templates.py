"""The kit list and the playbook, by purpose."""

from __future__ import annotations

from django.db.models import Q

from ..models import KitItem, PlaybookEntry


def kit_for(purpose: str) -> list[KitItem]:
    """The kit for a visit of this purpose, in order."""
    return list(
        KitItem.objects.filter(Q(purpose="") | Q(purpose=purpose), active=True).order_by("order", "id")
    )


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

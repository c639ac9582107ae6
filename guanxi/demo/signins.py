"""One sign-in per role of the demo company, for the terminal."""

from __future__ import annotations

from django.conf import settings

from guanxi.platform.journal.models import Fact
from guanxi.platform.people.models import RoleGrant, Setting
from guanxi.platform.people.reads import held_on, today
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.settings_registry import value

from .company import demo_password

CHANGED = ("password.changed", "password.reset")


def lines() -> list[str]:
    """A line for each role: what it is called, who holds it, the sign-in name and the password. Empty where this is no
    demo company, or in production; without the password where it was changed."""
    if settings.PRODUCTION or value("demo") is not True:
        return []
    grants = RoleGrant.objects.filter(held_on(today()), person__is_active=True).select_related("person")
    first: dict[str, RoleGrant] = {}
    for grant in grants.order_by("person_id"):
        first.setdefault(grant.role, grant)
    password = demo_password()
    changed = _changed()
    found = ["", "演示账号（本机可一键登录） Demo sign-ins (one click from this machine):"]
    for role, words in ROLES.items():
        if role not in first:
            continue
        person = first[role].person
        shown = "—" if str(person.pk) in changed else password
        title = f"{words.zh} {words.en}"
        found.append(f"  {_pad(title, 44)}{_pad(person.name, 8)}{person.username:<8}{shown}")
    return found


def _changed() -> set[str | None]:
    """Whose password is another by now, as the journal tells: asking the hashes would take half a second each."""
    begun = Setting.objects.get(key="demo").changed_at
    later = Fact.objects.filter(kind__in=CHANGED, recorded_at__gt=begun)
    return set(later.values_list("subject_id", flat=True))


def _pad(text: str, width: int) -> str:
    """Filled with blanks to a width on the terminal, where a Chinese character takes two places."""
    taken = sum(2 if ord(c) > 0x2E80 else 1 for c in text)
    return text + " " * max(1, width - taken)

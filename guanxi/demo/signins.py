"""One sign-in per role of the demo company, for the terminal."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import check_password

from guanxi.platform.people.models import RoleGrant
from guanxi.platform.people.reads import held_on, today
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.settings_registry import value

from .company import demo_password


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
    known: dict[str, bool] = {}
    found = ["", "演示账号（本机可一键登录） Demo sign-ins (one click from this machine):"]
    for role, words in ROLES.items():
        if role not in first:
            continue
        person = first[role].person
        if person.password not in known:
            known[person.password] = check_password(password, person.password)
        shown = password if known[person.password] else "—"
        title = f"{words.zh} {words.en}"
        found.append(f"  {_pad(title, 44)}{_pad(person.name, 8)}{person.username:<8}{shown}")
    return found


def _pad(text: str, width: int) -> str:
    """Filled with blanks to a width on the terminal, where a Chinese character takes two places."""
    taken = sum(2 if ord(c) > 0x2E80 else 1 for c in text)
    return text + " " * max(1, width - taken)

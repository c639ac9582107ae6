"""A small furnished company, and who looks at which page of it: python -m tests.journeys.pages (GUANXI_HOME says where).

The last line that it prints is JSON: [[page, path, who, session], …], each page once, for whoever sees most of it.
"""

from __future__ import annotations

import json
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.settings")

SEE_MOST = (
    "service_manager",
    "general_manager",
    "administrator",
    "relationship_specialist",
    "account_manager",
)
"""Tried in this order; whoever else has a role comes after them."""
TODAY = (
    "general_manager",
    "service_manager",
    "relationship_specialist",
    "administrator",
    "auditor",
    "front_desk",
)
"""Today is another page for each of these."""


def build() -> list[tuple[str, str, str, str]]:
    """Make the company and say who is to look at what."""
    import django

    django.setup()
    from django.core.management import call_command

    from guanxi.demo.build import build as make
    from guanxi.platform.ui.registry import pages
    from tests.furnish import furnish_home
    from tests.pictures.matrix import NOBODY, visitors

    call_command("migrate", interactive=False, verbosity=0)
    made = make(customers=30, days=21)
    if made.mishaps:
        raise SystemExit(f"The company could not be made: {made.mishaps[:3]}")
    furnish_home()
    people: dict[str, Any] = {visitor.role: visitor for visitor in visitors(())}
    order = [people[role] for role in SEE_MOST] + [v for role, v in people.items() if role not in SEE_MOST]
    seen: list[tuple[str, str, str, str]] = []
    for page in pages():
        if "GET" not in page.methods:
            continue
        asked = [people[role] for role in TODAY] if page.name == "today" else order
        if page.public:
            asked = [people[NOBODY]]
        for visitor in asked:
            arguments: Any = {}
            if page.sample is not None:
                arguments = page.sample(visitor.person) if page.may(visitor.person) else None
            if arguments is None or not page.may(visitor.person):
                continue
            seen.append((page.name, page.url(**arguments), visitor.name, visitor.session))
            if page.name != "today":
                break
        else:
            if page.name != "today":
                raise SystemExit(f"{page.name}: nobody sees a row of it in this company")
    return seen


if __name__ == "__main__":
    print(json.dumps(build()))

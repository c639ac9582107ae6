"""What people show on pages that others own: who is away, on Today of both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone

from guanxi.platform.kernel import Text
from guanxi.platform.ui.registry import Panel, panel

from .. import standing_in

AHEAD = timedelta(days=7)


@panel("today")
class Away(Panel):
    """Who stands in for me, and for whom I stand in; what begins within a week too."""

    order: ClassVar[int] = 5
    template: ClassVar[str] = "people/panel_away.html"
    title: ClassVar[Text] = Text("外出与代理", "Absences")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        day = timezone.localdate(now)
        rows = [a for a in standing_in.concerning(person, day) if a.since <= day + AHEAD]
        if not rows:
            return None
        return {
            "mine": [(a, a.holds_on(day)) for a in rows if a.person_id == person.pk],
            "theirs": [(a, a.holds_on(day)) for a in rows if a.deputy_id == person.pk],
        }

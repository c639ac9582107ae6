"""Who did it, by the name that another program wrote: somebody here, or a name that is kept as it stands."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.db.models.functions import Lower

from guanxi.platform.imports.reasons import Reason, reason
from guanxi.platform.imports.values import clean_text, is_nothing
from guanxi.platform.people.models import Person


class People:
    """People of the company, also those who have left, by name, sign-in name or e-mail address."""

    def __init__(self) -> None:
        self.known: dict[str, list[int]] = {}

    def prepare(self, texts: Iterable[str]) -> None:
        """Look up the names that were not asked for before."""
        wanted = {_plain(text) for text in texts} - self.known.keys() - {""}
        for part in _parts(wanted):
            small = [text.lower() for text in part]
            rows = Person.objects.annotate(sign_in=Lower("username"), address=Lower("email")).filter(
                Q(name__in=part) | Q(sign_in__in=small) | Q(address__in=small)
            )
            found = list(rows.values_list("pk", "name", "sign_in", "address"))
            for text in part:
                low = text.lower()
                exact = [pk for pk, _, sign_in, address in found if low in (sign_in, address)]
                self.known[text] = exact or [pk for pk, name, _, _ in found if name == text]

    def find(self, text: str, limit: int) -> tuple[int | None, str, Reason | None]:
        """(the person, else None; the name as it stands where it is nobody's here; what to say of it)."""
        written = _plain(text)
        if not written:
            return None, "", None
        ids = self.known.get(written, [])
        if len(ids) == 1:
            return ids[0], "", None
        kept = written[:limit]
        if ids:
            why = reason(
                "person.several",
                "公司里有 {n} 位“{name}”，按文字保留；可改写为登录名。",
                "{n} people here are called “{name}”; kept as text. Write the sign-in name instead.",
                n=len(ids),
                name=kept,
            )
        else:
            why = reason(
                "person.unknown",
                "公司里没有“{name}”，按文字保留。",
                "Nobody here is called “{name}”; kept as text.",
                name=kept,
            )
        return None, kept, why


def _plain(text: str) -> str:
    return "" if is_nothing(text) else clean_text(text, lines=False)


def _parts(values: set[str]) -> list[list[str]]:
    ordered = sorted(values)
    return [ordered[i : i + 400] for i in range(0, len(ordered), 400)]

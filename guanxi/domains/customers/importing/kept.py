"""Why rows stayed when their import was undone, in words: what was recorded, by whom, when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text, all_kinds, current_language
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.models import Person
from guanxi.platform.ui.dates import month_day

from .. import reads, words
from ..models_import import ImportRow

WORDS = {
    "built": Text("之后有人在其上做了记录", "Somebody built on it"),
    "edited": Text("之后又改过", "Changed again since"),
    "merged": Text("之后并入了另一位客户", "Merged into another customer since"),
    "rights": Text("现在由他人负责", "Somebody else’s customer now"),
    "erased": Text("原来的内容已按要求删除，无法改回", "What stood there before was erased on request"),
    "held": Text("有别的记录指向它", "Other records point to it"),
    "failed": Text(
        "程序出错，已记录；请联系系统管理员",
        "The program failed here and has logged it; please tell the administrator",
    ),
}


def said_of(person: Any, lines: Iterable[ImportRow]) -> dict[int, str]:
    """Row number -> why it stayed. Who did what is told only of customers that this person may see."""
    why = {line.number: line.said.get("kept", {}) for line in lines}
    seqs = {seq for one in why.values() for seq in one.get("facts", ())}
    facts = {fact.seq: fact for fact in Fact.objects.filter(seq__in=seqs)} if seqs else {}
    customers = {fact.customer_id for fact in facts.values() if fact.customer_id}
    seen = reads.names_of(person, customers) if customers else {}
    names = dict(Person.objects.filter(pk__in={f.actor_id for f in facts.values()}).values_list("pk", "name"))
    english = current_language() == "en"
    found = {}
    for number, one in why.items():
        told = [
            _told(facts[seq], names)
            for seq in one.get("facts", ())
            if seq in facts and facts[seq].customer_id in seen
        ]
        fields = [
            str(words.FIELDS.get(name) or own.label("customer", name) or name)
            for name in one.get("fields", ())
        ]
        said = str(WORDS.get(one.get("code", ""), WORDS["held"]))
        if fields:
            said = f"{said} ({', '.join(fields)})" if english else f"{said}（{'、'.join(fields)}）"
        if told:
            said += (": " if english else "：") + ("; " if english else "；").join(told)
        found[number] = said
    return found


def _told(fact: Fact, names: dict[int, str]) -> str:
    kind = all_kinds().get(fact.kind)
    when = timezone.localtime(fact.happened_at)
    parts = (
        str(kind.label) if kind else fact.kind,
        names.get(fact.actor_id or 0, ""),
        f"{month_day(when)} {when:%H:%M}",
    )
    return " ".join(part for part in parts if part)

"""The customer's timeline: its facts from the journal, newest first, each as a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import FactKind, Text, all_kinds, current_language
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.models import Person
from guanxi.platform.ui.dates import month_day

from .. import words
from .mergers import ids_of

PAGE = 30
PERSON_FIELDS = ("manager", "owner", "before", "joined", "left", "members", "person")
SHOWN_WITHIN: dict[str, tuple[str, ...]] = {
    "contacts": ("customer.noted", "visit."),
    "promises": ("promise.",),
    "needs": ("need.", "approach.", "objection."),
    "card": ("customer.", "contact.", "credit."),
    "materials": ("material.",),
    "comments": ("customer.commented",),
}
GROUPS: dict[str, Text] = {
    "": Text("全部", "All"),
    "contacts": Text("往来", "Contacts"),
    "promises": Text("承诺", "Promises"),
    "needs": Text("需求", "Needs"),
    "card": Text("资料变更", "Changes"),
    "materials": Text("物资", "Materials"),
    "comments": Text("留言", "Comments"),
}
QUOTED = {"customer.noted": "text", "customer.commented": "text"}
"""Kinds whose text is what matters: shown as a quotation under the sentence."""


@dataclass(frozen=True, slots=True)
class Told:
    """One fact, told."""

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    actor_id: int | None
    text: str
    quote: str = ""
    who: str = ""
    icon: str = "circle"
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the timeline; `older`: the number to go on from, None at the end."""

    told: Sequence[Told]
    older: int | None = None


def timeline(customer: int, *, group: str = "", before: int | None = None, limit: int = PAGE) -> Page:
    """The facts about a customer that the caller fetched through `visible`, and about what was merged into it. Five
    queries, however many facts."""
    ids = ids_of(customer)
    facts = Fact.objects.filter(customer_id__in=ids, kind__in=shown_kinds(group)).select_related("words")
    if before is not None:
        facts = facts.filter(seq__lt=before)
    found = list(facts.order_by("-seq")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Page(tell(found, undone=_undone(ids, found)), found[-1].seq if more else None)


def shown_kinds(group: str = "") -> list[str]:
    """The kinds of a filter; '' for all that belong on a timeline."""
    starts = SHOWN_WITHIN.get(group)
    names = [n for n, k in all_kinds().items() if k.on_timeline and n != "journal.annulled"]
    if starts is None:
        return names
    return [n for n in names if n.startswith(starts) and not (group == "card" and n in QUOTED)]


def tell(facts: Sequence[Fact], *, undone: Iterable[int] = (), whole: bool = False) -> list[Told]:
    """Facts as sentences, `whole` with the first values too. One query for the names of everybody in them."""
    gone = set(undone)
    names = _names(facts)
    return [_told(fact, names, fact.seq in gone, whole) for fact in facts]


def _undone(customers: Sequence[int], facts: Sequence[Fact]) -> set[int]:
    if not facts:
        return set()
    later = Fact.objects.filter(customer_id__in=customers, kind="journal.annulled", seq__gt=facts[-1].seq)
    return {data["fact"] for data in later.values_list("data", flat=True)}


def _names(facts: Sequence[Fact]) -> dict[int, str]:
    ids: set[int] = set()
    for fact in facts:
        ids.update(id for id in (fact.actor_id, fact.on_behalf_of_id) if id)
        for field in PERSON_FIELDS:
            value = fact.data.get(field)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and one.isdigit():
                    ids.add(int(one))
    return dict(Person.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _told(fact: Fact, names: Mapping[int, str], undone: bool, whole: bool) -> Told:
    kind = all_kinds().get(fact.kind)
    texts = fact.words.body if hasattr(fact, "words") else {}
    quote = str(texts.get(QUOTED.get(fact.kind, ""), ""))
    if undone and fact.kind == "customer.commented":
        quote = ""  # what somebody took back to say nobody needs to read
    changes = texts.get("changes", ())
    if not quote and (whole or fact.kind.endswith((".updated", ".field_converted"))):
        quote = changes_said(changes, fact.subject_kind)
    return Told(
        seq=fact.seq,
        kind=fact.kind,
        at=fact.happened_at,
        recorded_at=fact.recorded_at,
        actor_id=fact.actor_id,
        text=sentence(kind, fact, texts, names) if kind else fact.kind,
        quote=quote,
        who=_who(fact, names),
        icon=kind.icon if kind else "circle",
        undone=undone,
    )


def _who(fact: Fact, names: Mapping[int, str]) -> str:
    """Who did it, and for whom where somebody was stood in for."""
    actor = names.get(fact.actor_id or 0, "")
    principal = names.get(fact.on_behalf_of_id or 0, "")
    if not principal:
        return actor
    return str(Text(f"{actor}（代{principal}）", f"{actor} (for {principal})"))


class _Blank(dict[str, Any]):
    """Placeholders without a value (a text that was erased, an optional field) leave nothing behind."""

    def __missing__(self, key: str) -> str:
        return ""


def sentence(kind: FactKind, fact: Fact, texts: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """The kind's sentence, filled, in the active language; the kind's label where it has none."""
    phrase = str(kind.sentence) or str(kind.label)
    values = _Blank()
    for field, value in fact.now_data.items():
        values[field] = _said(kind.subject, field, kind.fields.get(field, ""), value, names)
    for field, value in texts.items():
        if isinstance(value, str) and QUOTED.get(fact.kind) != field:
            values[field] = value
    said = phrase.format_map(values).strip()
    for mark in ("：", ":", "，", ","):
        said = said.removesuffix(mark).strip()
    return said


def _said(of: str, field: str, type_name: str, value: Any, names: Mapping[int, str]) -> str:
    kind = type_name.removesuffix("?")
    if value is None and kind == "timestamp":
        return str(Text("未定", "not set"))
    if value is None or value == []:
        return str(Text("无", "none")) if kind.startswith(("ref", "list[ref]")) else "–"
    if kind.startswith(("ref", "list[ref]")) and field in PERSON_FIELDS:
        ids = value if isinstance(value, list) else [value]
        found = [names.get(int(id), "") for id in ids if str(id).isdigit()]
        return (", " if current_language() == "en" else "、").join(n for n in found if n)
    if kind == "timestamp":
        moment = timezone.localtime(datetime.fromisoformat(value))
        return f"{month_day(moment, year=True)} {moment:%H:%M}"
    if field in ("changed", "missing"):
        found = [str(words.FIELDS.get(f) or own.label(of, f) or Text(f, f)) for f in value]
        return (", " if current_language() == "en" else "、").join(found)
    if field.startswith("before_"):
        field = field.removeprefix("before_")
    return str(words.said(field, value))


def _of_row(of: str, field: str, value: Any) -> Text:
    return words.said(field, value)


def changes_said(changes: Sequence[Mapping[str, Any]], of: str = "customer") -> str:
    """What changed, line by line: 电话：a → b. of: the kind of row whose fields they are."""
    colon = ": " if current_language() == "en" else "："
    lines = []
    for change in changes:
        known = words.OF_PERSON if of == "contact" else words.FIELDS
        field = change["field"]
        tell = own.said if field.startswith("own.") else _of_row
        name = str(known.get(field) or words.FIELDS.get(field) or own.label(of, field) or field)
        before, after = (str(tell(of, field, change[when])) for when in ("before", "after"))
        if "was" in change:  # in words of the type that the field had then
            before = str(Text.of(change["was"]))
        lines.append(f"{name}{colon}{before} → {after}" if before else f"{name}{colon}{after or '–'}")
    return "\n".join(lines)

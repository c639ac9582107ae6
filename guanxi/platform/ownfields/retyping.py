"""A field's values in another type: how one is brought over, and what a change of type would make of all there are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from guanxi.platform.kernel import Text

from . import types as t
from .describing import kept_rules, written_choices
from .models import OwnField, Retyping
from .sql import holding
from .types import Own, Unfit, rules_of

READ_AT_MOST = 200_000
"""Values that a preview looks at: some seconds."""
SHOWN = 50
LISTED = 10_000
OFFERED_CHOICES = 40
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
"""A day as people write it into a text."""
NOT_KEPT = ("least", "most", "longest", "mask", "choices", "unit", "decimals")
"""Rules that belong to a type."""


def fresh_rules(row: OwnField, type: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of the field in its new type: what every type has stays, of the rest what was given. Invalid at its field."""
    kept = {n: v for n, v in row.rules.items() if n not in (*NOT_KEPT, "help")}
    gone = {c["code"] for c in row.rules.get("choices", ()) if c.get("retired")}
    help, help_en = row.rules.get("help") or ("", "")
    bare = {"least": "", "most": "", "longest": None, "mask": "", "choices": "", "unit": "", "decimals": None,
            "required": False, "personal": False, "stays": False, "step": "", "help": help, "help_en": help_en}  # fmt: skip
    found = kept_rules(row.subject, type, SimpleNamespace(**{**bare, **kept, **given}), row.rules)
    if (
        "choices" in found
    ):  # rows hold those that were not offered any more; the others are found by their words
        found["choices"] = [c for c in found["choices"] if not c.get("retired") or c["code"] in gone]
    return found


def in_type(own: Own, type: str, rules: Mapping[str, Any]) -> Own:
    """The field as it would be."""
    return replace(own, type=type, rules=rules_of(rules))


def brought_over(was: Own, to: Own, value: Any, names: Mapping[int, str] | None = None) -> Any:
    """A value of one type in another. Unfit in words where it cannot be said there. names: of the persons at hand."""
    if value in (None, "", []):
        return None
    if (was.type == t.MANY and to.type in t.CHOSEN) or (was.type == t.CHOICE and to.type in t.CHOSEN):
        return _chosen(was, to, value)
    if to.type == t.PERSON and was.type not in t.WORDED:
        raise Unfit("这里没有姓名", "There is no name in it")
    words = _words(was, to, value, names)
    if to.type == t.PERSON and words.isdecimal():
        raise Unfit("请写姓名", "A name is needed")
    found = to.read(words)
    if found is None:
        raise Unfit("没有内容", "There is nothing in it")
    return found


def _chosen(was: Own, to: Own, value: Any) -> Any:
    """Codes stay where the new list has them; else a choice is found by its words."""
    codes = value if isinstance(value, list) else [value]
    here = {choice.code for choice in to.rules.choices}
    found = [code if code in here else to.read(was._words_of(code).zh) for code in codes]
    flat = [one for part in found for one in (part if isinstance(part, list) else [part])]
    if to.type == t.MANY:
        return [choice.code for choice in to.rules.choices if choice.code in flat]
    if len(flat) != 1:
        raise Unfit("选了多项", "More than one is chosen")
    return flat[0]


def _words(was: Own, to: Own, value: Any, names: Mapping[int, str] | None) -> str:
    """A value as people write it, so that the other type reads it."""
    if was.type == t.MONEY or (was.type == t.NUMBER and to.type not in t.WORDED):
        return str(value)
    said = Text.of(was.said(value, names)).zh
    if to.type == t.DATE and (day := _DAY.fullmatch(unicodedata.normalize("NFKC", said).strip())):
        return f"{day[1]}-{int(day[2]):02d}-{int(day[3]):02d}"
    if was.type == t.LINES and to.type != t.LINES:
        return re.sub(r"\s*\n\s*", " ", said)
    return said


@dataclass(slots=True)
class Preview:
    """What would become of the values. unfit: (row, value in words, why) of those shown."""

    fit: int = 0
    unfit: int = 0
    more: bool = False
    """There are more values than were looked at."""
    examples: list[tuple[Any, Any]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    """Rows whose value does not fit, at most LISTED."""
    said: dict[int, tuple[str, Text]] = field(default_factory=dict)

    @property
    def read(self) -> int:
        return self.fit + self.unfit


def preview(was: Own, to: Own, at_most: int = READ_AT_MOST) -> Preview:
    """Bring every value over, in memory only."""
    found = Preview()
    seen: set[str] = set()
    for pk, value, names in values_of(was, at_most + 1):
        if found.read == at_most:
            found.more = True
            break
        said = str(Text.of(was.said(value, names)))
        try:
            new = brought_over(was, to, value, names)
        except Unfit as unfit:
            found.unfit += 1
            if len(found.rows) < LISTED:
                found.rows.append(pk)
                found.said[pk] = (said, unfit.text)
            continue
        found.fit += 1
        if len(found.examples) < 3 and said not in seen:
            seen.add(said)
            found.examples.append((said, to.said(new, names)))
    return found


def values_of(own: Own, at_most: int) -> Iterator[tuple[int, Any, Mapping[int, str]]]:
    """(row, value, names of persons) of the rows that hold something, in order."""
    rows = holding(own).order_by("pk").values_list("pk", "own")[:at_most]
    names: dict[int, str] = {}
    for pk, values in rows.iterator(chunk_size=2000):
        value = values.get(own.key)
        if own.type == t.PERSON and value not in names:
            names |= t.names_of([value])
        if value not in (None, "", []):
            yield pk, value, names


def proposed_choices(own: Own) -> str:
    """Choices for a list that takes over what stands there now, one a line; '' where that is too much for a list."""
    if own.type in t.CHOSEN:
        return written_choices({"choices": [
            {"code": c.code, "zh": c.label.zh, "en": "" if c.label.en == c.label.zh else c.label.en, "retired": c.retired}
            for c in own.rules.choices
        ]})  # fmt: skip
    found: dict[str, None] = {}
    for _, value, names in values_of(own, READ_AT_MOST):
        said = Text.of(own.said(value, names)).zh.strip()
        if "/" in said or "=" in said or "\n" in said or not 0 < len(said) <= t.LONGEST_CHOICE:
            continue
        found.setdefault(said)
        if len(found) > OFFERED_CHOICES:
            return ""
    return "\n".join(found)


def last_of(row: OwnField) -> Retyping | None:
    """The newest change of a field's type."""
    return row.retypings.order_by("-pk").first()

"""The fields as part of an action's typed input: asked for in forms, described to programs, judged when it is parsed.

class Input(ActionInput):
    own: OwnValues = own_values("customer", new=True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from guanxi.platform.kernel import Bad, Text, ask
from guanxi.platform.kernel.actions import Choices
from guanxi.platform.ui.forms import Asked

from . import types as t
from .sql import asked_at
from .types import LONGEST, Own
from .values import taken


def _flat(given: Any) -> Any:
    """Single values and lists of them only: nothing is looked for in what is folded deeper."""
    if isinstance(given, dict):
        parts = [p for v in given.values() for p in (v if isinstance(v, list | tuple) else [v])]
        if len(parts) > MOST_PARTS or any(isinstance(p, dict | list | tuple | set) for p in parts):
            raise Bad("格式不对", "This does not have the right form")
    return given


MOST_PARTS = 20_000
OwnValues = Annotated[dict[str, Any], BeforeValidator(_flat)]
WIDGETS = {
    t.TEXT: "text", t.LINES: "textarea", t.NUMBER: "number", t.MONEY: "money", t.DATE: "date", t.YESNO: "select",
    t.CHOICE: "select", t.MANY: "chips", t.LINK: "text", t.PERSON: "person",
}  # fmt: skip
FEW = 5
_YES_NO = [(t.YES, Text("是", "Yes")), (t.NO, Text("否", "No"))]


@dataclass(frozen=True, slots=True)
class OwnPart:
    """See `guanxi.platform.kernel.actions.Nested`."""

    subject: str
    new: bool
    unless: str = ""
    step: str = ""
    needed: bool = True

    def read(self, given: Any, whole: Any) -> dict[str, Any]:
        spared = bool(self.unless) and isinstance(whole, Mapping) and bool(whole.get(self.unless))
        values = given if isinstance(given, Mapping) else {}
        return taken(self.subject, values, new=self.new, needed=self.needed and not spared, step=self.step)

    def asked(self) -> dict[str, Asked]:
        return {own.path: asked(own) for own in asked_at(self.subject, self.step)}

    def schema(self) -> dict[str, Any]:
        shapes = {own.key: schema(own) for own in asked_at(self.subject, self.step)}
        return {"type": "object", "properties": shapes, "additionalProperties": False}


def own_values(
    subject: str, *, new: bool = False, unless: str = "", step: str = "", needed: bool = True
) -> Any:
    """The field of an input that takes the values of a kind of row's own fields. unless: another field of the input; where
    that is given, required fields may be missing. step: those that are asked for at this step. needed: whether required ones
    have to be there; the action itself says so where the input cannot tell."""
    found = ask("自定义字段", "The company's own fields", {})
    found.metadata.append(OwnPart(subject, new, unless, step, needed))
    return found


def asked(own: Own) -> Asked:
    """A field as a form asks for it."""
    rules = own.rules
    widget = WIDGETS[own.type]
    offered: Any = [(c.code, c.label) for c in rules.choices if not c.retired]
    if own.type == t.YESNO:
        offered = _YES_NO
    if own.type in (t.YESNO, t.CHOICE) and len(offered) <= FEW and rules.required:
        widget = "radio"
    label = own.label
    if rules.unit and own.type == t.NUMBER:
        label = Text(f"{label.zh}（{rules.unit}）", f"{label.en} ({rules.unit})")
    return Asked(
        name=own.path,
        label=label,
        hint=rules.help if rules.help.zh else None,
        widget=widget,
        of="person" if own.type == t.PERSON else "",
        required=rules.required,
        many=own.type == t.MANY,
        choices=Choices(offered) if own.type in (t.YESNO, *t.CHOSEN) else None,
        default=None,
        max_length=(rules.longest or LONGEST[own.type]) if own.type in LONGEST else None,
    )


def schema(own: Own) -> dict[str, Any]:
    """A field as OpenAPI describes it."""
    shape: dict[str, Any] = {"type": ["string", "null"]}
    codes = [c.code for c in own.rules.choices]
    if own.type in t.NUMERIC:
        shape = {"type": ["string", "number", "null"]}
    elif own.type == t.DATE:
        shape["format"] = "date"
    elif own.type == t.YESNO:
        shape = {"type": ["boolean", "string", "null"]}
    elif own.type == t.CHOICE:
        shape["enum"] = [*codes, None]
    elif own.type == t.MANY:
        shape = {"type": ["array", "null"], "items": {"type": "string", "enum": codes}}
    elif own.type == t.PERSON:
        shape = {"type": ["integer", "null"]}
    else:
        shape["maxLength"] = own.rules.longest or LONGEST[own.type]
    said = "; ".join(f"{c.code}: {c.label.en}" for c in own.rules.choices)
    words = [part for part in (own.rules.help.en, own.rules.unit, said) if part]
    shape["title"] = f"{own.label.zh} / {own.label.en}"
    return shape | ({"description": " ".join(words)} if words else {})

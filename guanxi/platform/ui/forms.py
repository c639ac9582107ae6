"""A form from an action's typed input: one definition for page, API and command line.

    form = ActionForm("visits.complete", request, fixed={"visit": visit.pk}, initial={"result": "met"})
    if request.method == "POST" and submit(request, form):     # act.py
        return after(request, url, Text("已完成", "Done"))
    return show(request, "visits/complete.html", {"form": form}, form=form)

The browser's values go raw to pydantic; its complaints come back to the fields in the person's language.
"""

from __future__ import annotations

import types
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from guanxi.platform.kernel import Action, Invalid, Refused, Text, get_action
from guanxi.platform.kernel.actions import Choices, nested

from . import widgets
from .refusals import RefusalView, view_of
from .registry import get_picker

KEY = "_key"
LONG_TEXT = 300
FEW = 5
PICKED_KINDS = ("person", "customer", "contact")
WIDGET_BY_TYPE: dict[Any, str] = {
    bool: "checkbox",
    int: "number",
    float: "number",
    Decimal: "number",
    datetime: "datetime",
    date: "date",
    time: "time",
}
AUTOCOMPLETE = {"new": "new-password", "again": "new-password"}
"""What a password keeper is told of a field for a password; of any other it is the present one."""
NORMALISED = ("number", "money", "date", "datetime", "time", "phone")
_YES_NO: list[tuple[Any, Text]] = [("true", Text("是", "Yes")), ("false", Text("否", "No"))]


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of the typed input as a form asks for it."""

    name: str
    label: Text
    hint: Text | None
    widget: str
    of: str
    required: bool
    many: bool
    choices: Choices | None
    default: Any
    max_length: int | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of the error summary: where it leads, the field's label, the message."""

    target: str
    label: Any
    text: str


class RawField(forms.Field):
    """Takes what the browser sent as it is: pydantic judges it."""

    def __init__(self, asked: Asked, widget: forms.Widget) -> None:
        super().__init__(
            required=asked.required and asked.widget != "checkbox",
            label=asked.label,  # type: ignore[arg-type]
            help_text=asked.hint or "",  # type: ignore[arg-type]
            widget=widget,
        )
        self.asked = asked

    @property
    def says_optional(self) -> bool:
        """Of password and code one is asked for: neither is called optional."""
        return not self.required and self.asked.widget not in ("password", "otp")

    def clean(self, value: Any) -> Any:
        return value


class ActionForm(forms.Form):
    """A form for one action. Templates: `ui/form.html`, or `ui/form_fields.html` inside an own <form>.

    fixed: values that the page's address already says; they are not asked for. only: the fields to ask for, in
    this order; others keep their defaults. extra: raw values of nested input that the page gathers itself. folded:
    fields that are seldom needed; they stand behind a line that names them, open where one is filled or wrong.
    """

    use_required_attribute = False

    @property
    def call_key(self) -> str:
        """The key of the call, under a name that no field has: a template's `form.key` is the field called key."""
        return self.key

    def __init__(
        self,
        action: str | Action,
        request: HttpRequest,
        *,
        fixed: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        only: Iterable[str] | None = None,
        extra: Mapping[str, Any] | None = None,
        prefix: str | None = None,
        submit_label: Text | None = None,
        folded: Iterable[str] = (),
    ) -> None:
        self.action = get_action(action) if isinstance(action, str) else action
        self.folded = frozenset(folded)
        self.request = request
        self.person = getattr(request, "user", None)
        self.fixed = {**(fixed or {}), **(extra or {})}
        self.submit_label = submit_label or self.action.label
        self.refusal: RefusalView | None = None
        self.refused: Refused | None = None
        self.status = 200
        sent = request.POST if request.method == "POST" else None
        super().__init__(
            sent, request.FILES if sent is not None else None, initial=dict(initial or {}), prefix=prefix
        )
        self.key = _call_key(sent.get(self.add_prefix(KEY)) if sent else None)
        asked = asked_fields(self.action.Input)
        below = {name: part.asked() for name, part in nested(self.action.Input)}
        for more in below.values():
            asked |= more
        self.labels = {name: one.label for name, one in asked.items()}
        names = list(only) if only is not None else [name for name in asked if name not in self.fixed]
        names = [one for name in names for one in below.get(name, [name])]
        for name in names:
            self.fields[name] = RawField(asked[name], self._widget(asked[name]))
            if asked[name].default is not None:
                self.initial.setdefault(name, asked[name].default)

    @property
    def in_sight(self) -> list[forms.BoundField]:
        """The fields that stand open."""
        return [bound for bound in self if bound.name not in self.folded]

    @property
    def behind(self) -> list[forms.BoundField]:
        """The fields behind a line."""
        return [bound for bound in self if bound.name in self.folded]

    @property
    def behind_said(self) -> Text:
        """That line: what is behind it."""
        labels = [Text.of(bound.label) for bound in self.behind]
        return Text("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))

    @property
    def behind_open(self) -> bool:
        """Whether something behind it is filled or wrong."""
        return any(bound.errors or bound.value() not in (None, "", [], False) for bound in self.behind)

    @property
    def leave_label(self) -> Text:
        """What the way out says; beside 取消拜访 another 取消 would be taken for it."""
        cancels = self.submit_label.zh.startswith("取消")
        return Text("返回", "Back") if cancels else Text("取消", "Cancel")

    @property
    def key_name(self) -> str:
        return self.add_prefix(KEY)

    def renew_key(self) -> None:
        """A new call key, for when the old one was spent on other input."""
        self.key = uuid.uuid4().hex

    # --- from the browser to pydantic ---

    def raw(self) -> dict[str, Any]:
        """The values as pydantic takes them; empty ones are left out, so that defaults and "missing" hold."""
        values = dict(self.fixed)
        self.unfound: dict[str, Text] = {}
        for name, field in self.fields.items():
            if not isinstance(field, RawField):
                continue
            value = self._raw(field, self.cleaned_data.get(name))
            outer, _, inner = name.partition(".")
            if inner:  # below another field, where an empty value says that it is to be emptied
                if self.add_prefix(name) in self.data:
                    values[outer] = {**values.get(outer, {}), inner: value}
            elif value not in ("", None, []):
                values[name] = value
        return values

    def _raw(self, field: RawField, value: Any) -> Any:
        asked = field.asked
        if asked.many:
            return list(value or [])
        if asked.widget == "checkbox":
            return bool(value)
        if not isinstance(value, str):
            return value
        if asked.widget in NORMALISED:
            value = unicodedata.normalize("NFKC", value).strip()
        if asked.widget in ("number", "money"):
            value = value.replace(",", "").lstrip("¥￥").strip()
        if asked.widget == "datetime":
            value = _in_company_zone(value)
        if not value:
            value = self._looked_up(field)
        return value

    def _looked_up(self, field: RawField) -> Any:
        """The row that was typed but not picked, where only one fits; the options are shown otherwise."""
        widget = field.widget
        if not isinstance(widget, widgets.RowPicker) or not widget.typed:
            return ""
        picker = get_picker(widget.kind)
        if picker is None:
            return widget.typed
        found = picker.search(self.person, widget.typed)
        exact = [o for o in found if o.label == widget.typed]
        if len(found) == 1 or len(exact) == 1:
            return (exact or found)[0].value
        widget.options = found[:20]
        words = (
            Text("请从列表中选一个", "Please choose one from the list")
            if found
            else Text("找不到", "Nothing found")
        )
        self.unfound[field.asked.name] = words
        return ""

    def _post_clean(self) -> None:
        raw = self.raw()
        found: dict[str, Sequence[Text]] = {}
        try:
            self.action.parse(raw)
        except Invalid as invalid:
            found = dict(invalid.errors)
        found |= {name: [words] for name, words in self.unfound.items()}
        if found:
            self.take_invalid(Invalid(found))

    # --- from the kernel's answers back to the page ---

    def take_invalid(self, invalid: Invalid) -> None:
        """Put the messages at their fields; what belongs to no shown field stands above the form."""
        self.status = 422
        for path, messages in invalid.errors.items():
            name = path if path in self.fields else path.split(".")[0]
            for message in messages:
                if name in self.fields:
                    self.add_error(name, _error(message))
                else:
                    label = self.labels.get(path) or _label_of(self.action.Input, name)
                    self.add_error(
                        None,
                        _error(
                            Text(f"{label.zh}：{message.zh}", f"{label.en}: {message.en}")
                            if label
                            else message
                        ),
                    )

    def take_refusal(self, refused: Refused, view: RefusalView | None = None) -> None:
        """Show the refusal above the fields; what was typed and the call key stay."""
        self.status = 409
        self.refused = refused
        self.refusal = view or view_of(refused)

    def take_message(self, text: Text, status: int) -> None:
        """A message that concerns the whole form."""
        self.status = status
        self.add_error(None, _error(text))

    @property
    def summary(self) -> list[Problem]:
        """The error summary: what concerns the whole form first, then field by field."""
        if not self.is_bound:
            return []
        found = [Problem("", "", str(text)) for text in self.non_field_errors()]
        for bound in self:
            target = bound.id_for_label or f"{bound.auto_id}_0"
            found += [Problem(target, bound.label, str(text)) for text in bound.errors]
        return found

    # --- widgets ---

    def _widget(self, asked: Asked) -> forms.Widget:
        attrs: dict[str, Any] = {}
        if asked.required and asked.widget not in ("checkbox", "hidden"):
            attrs["aria-required"] = "true"
        if asked.max_length and asked.widget in ("text", "textarea", "phone"):
            attrs["maxlength"] = asked.max_length
        if asked.widget in PICKED_KINDS or (asked.of and asked.widget == "pick"):
            return self._picker(asked, attrs)
        if asked.choices is not None:
            return _choice_widget(asked, attrs)
        if asked.widget == "password":
            return widgets.Password(AUTOCOMPLETE.get(asked.name, "current-password"), attrs)
        if asked.widget == "otp":
            return widgets.OneTimeCode(attrs, passkey=getattr(self.person, "has_passkey", False))
        if asked.widget == "username":
            return widgets.Username(attrs)
        if asked.widget in ("number", "money"):
            attrs["inputmode"] = "decimal"
        if asked.widget == "number":
            return forms.TextInput(attrs | {"class": "short"})
        formats = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M", "time": "%H:%M"}
        if asked.widget in formats:
            timed = {"date": widgets.Day, "datetime": widgets.Moment, "time": widgets.Clock}[asked.widget]
            return timed(attrs, format=formats[asked.widget])
        plain: dict[str, type[forms.Widget]] = {
            "hidden": forms.HiddenInput,
            "textarea": forms.Textarea,
            "checkbox": forms.CheckboxInput,
            "money": widgets.Money,
            "phone": widgets.Phone,
            "file": forms.ClearableFileInput,
        }
        if asked.widget == "textarea":
            attrs["rows"] = 3
        return plain.get(asked.widget, forms.TextInput)(attrs)

    def _picker(self, asked: Asked, attrs: dict[str, Any]) -> forms.Widget:
        kind = asked.of or asked.widget
        picker = get_picker(kind)
        if picker is None:
            return forms.TextInput(attrs | {"inputmode": "numeric"})
        return widgets.RowPicker(kind, lambda value: picker.label(self.person, value), attrs)


def _call_key(sent: str | None) -> str:
    """The key the form was drawn with, so that sending it twice writes once; a new one where there is none."""
    return sent if sent and len(sent) <= 64 and sent.isascii() and sent.isalnum() else uuid.uuid4().hex


def _with_label(label: Text | None, message: Text) -> Text:
    return Text(f"{label.zh}：{message.zh}", f"{label.en}: {message.en}") if label else message


def _error(text: Text) -> ValidationError:
    return ValidationError(text)  # type: ignore[arg-type]


def _in_company_zone(value: str) -> str:
    """What a datetime-local field sends, with the company's zone; anything else is left for pydantic to refuse."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (timezone.make_aware(moment) if timezone.is_naive(moment) else moment).isoformat()


def _choice_widget(asked: Asked, attrs: dict[str, Any]) -> forms.Widget:
    pairs = [(str(value), words) for value, words in (asked.choices.pairs() if asked.choices else [])]
    kind = asked.widget
    if asked.many and "." in asked.name:
        chosen: Any = widgets.EmptiedChips
    elif asked.many:
        chosen = widgets.ManyChips if kind == "chips" else widgets.Checks
    elif kind in ("chips", "radio"):
        chosen = widgets.Chips if kind == "chips" else widgets.Radios
    elif kind == "hidden":
        return forms.HiddenInput()
    else:
        chosen = forms.Select
        pairs = [
            ("", Text("请选择", "Please choose") if asked.required else Text("（不填）", "(none)")),
            *pairs,
        ]
    return chosen(attrs if chosen is forms.Select else {}, choices=pairs)


# --- Reading the typed input ---------------------------------------------------------------------------------------


def asked_fields(model: type[BaseModel]) -> dict[str, Asked]:
    """What a form asks for, field by field. Nested input is left out: a page gathers it itself (`extra`)."""
    found = {}
    for name, info in model.model_fields.items():
        asked = _asked(name, info)
        if asked is not None:
            found[name] = asked
    return found


def _asked(name: str, info: FieldInfo) -> Asked | None:
    words = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kind, many, may_be_none = _unwrap(info.annotation)
    outer = get_origin(kind) or kind
    if isinstance(outer, type) and issubclass(outer, BaseModel | dict):
        return None
    choices = next((m for m in info.metadata if isinstance(m, Choices)), None) or _own_choices(kind)
    max_length = next((m.max_length for m in info.metadata if hasattr(m, "max_length")), None)
    widget = str(words.get("widget") or "") or _widget_for(
        kind, str(words.get("of") or ""), choices, max_length
    )
    if kind is bool and may_be_none:
        choices, widget = Choices(_YES_NO), "radio"
    default = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, Enum):
        default = default.value
    hint = words.get("hint")
    return Asked(
        name=name,
        label=Text(str(words.get("zh") or info.title or name), str(words.get("en") or info.title or name)),
        hint=Text.of(hint) if hint else None,
        widget=widget,
        of=str(words.get("of") or ""),
        required=info.is_required(),
        many=many,
        choices=choices,
        default=default,
        max_length=None if many else max_length,
    )


def _unwrap(annotation: Any) -> tuple[Any, bool, bool]:
    """(type, is a list, may be None) behind Optional, Annotated, list, tuple."""
    many = may_be_none = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            parts = [a for a in get_args(annotation) if a is not type(None)]
            may_be_none = may_be_none or len(parts) < len(get_args(annotation))
            annotation = parts[0]
        elif origin in (list, tuple, set, frozenset, Sequence):
            many, annotation = True, (get_args(annotation) or (str,))[0]
        else:
            return annotation, many, may_be_none


def _own_choices(kind: Any) -> Choices | None:
    if get_origin(kind) is Literal:
        return Choices([(value, Text.of(value)) for value in get_args(kind)])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Choices([(m.value, getattr(m, "label", None) or Text.of(str(m.value))) for m in kind])
    return None


def _widget_for(kind: Any, of: str, choices: Choices | None, max_length: int | None) -> str:
    if of:
        return "pick"
    if choices is not None:
        return "radio" if not callable(choices.source) and len(choices.source) <= FEW else "select"
    by_type = {
        bool: "checkbox",
        int: "number",
        float: "number",
        Decimal: "number",
        datetime: "datetime",
        date: "date",
        time: "time",
    }
    if kind in by_type:
        return by_type[kind]
    return "textarea" if max_length and max_length >= LONG_TEXT else "text"


def _label_of(model: type[BaseModel], name: str) -> Text | None:
    asked = asked_fields(model).get(name)
    return asked.label if asked else None

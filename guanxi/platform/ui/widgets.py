"""Widgets for the kinds of input that actions ask for. Their templates stand in templates/ui/widgets/."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString


class Money(forms.TextInput):
    """An amount in yuan."""

    template_name = "ui/widgets/money.html"


class Phone(forms.TextInput):
    input_type = "tel"


class Day(forms.DateInput):
    input_type = "date"


class Moment(forms.DateTimeInput):
    """Date and time in the company's zone."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        """An aware time as the company's clock shows it."""
        if isinstance(value, datetime) and timezone.is_aware(value):
            value = timezone.localtime(value)
        return super().format_value(value)


class Clock(forms.TimeInput):
    input_type = "time"


class Password(forms.PasswordInput):
    """Typed unseen and never written back into the page; a browser's password keeper may fill it."""

    def __init__(self, autocomplete: str, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({**(attrs or {}), "autocomplete": autocomplete}, render_value=False)


class Username(forms.TextInput):
    """One's own name at the sign-in, which a browser's password keeper may fill."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        own = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__({**(attrs or {}), **own})


class OneTimeCode(forms.TextInput):
    """A code of the second factor: seen while typed, empty in every answer. passkey: whether one may stand in for it."""

    template_name = "ui/widgets/one_time_code.html"

    def __init__(self, attrs: Mapping[str, Any] | None = None, *, passkey: bool = False) -> None:
        self.passkey = passkey
        own = {
            "autocomplete": "one-time-code",
            "inputmode": "text",
            "autocapitalize": "none",
            "class": "short",
        }
        super().__init__({**(attrs or {}), **own})

    def get_context(self, name: str, value: object, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, "", attrs) | {"passkey": self.passkey}


class Radios(forms.RadioSelect):
    template_name = "ui/widgets/choices.html"


class Checks(forms.CheckboxSelectMultiple):
    template_name = "ui/widgets/choices.html"


class Chips(forms.RadioSelect):
    """One of few, big enough for a thumb."""

    template_name = "ui/widgets/chips.html"


class ManyChips(forms.CheckboxSelectMultiple):
    template_name = "ui/widgets/chips.html"


class EmptiedChips(ManyChips):
    """Several or none: what is sent says that it was asked, also where nothing is chosen."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html(
            '<input type="hidden" name="{}" value="">{}', name, super().render(name, value, attrs, renderer)
        )


class Picked(str):
    """An id with the name it was picked by."""

    label: str = ""


class RowPicker(forms.Widget):
    """A row found by typing. Without JavaScript what was typed is looked up when the form is sent."""

    template_name = "ui/widgets/picker.html"

    def __init__(self, kind: str, label: Any = None, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.kind = kind
        self.label = label  # (id) -> its name, for the person of this form
        self.typed = ""
        self.options: list[Any] = []

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return f"{id_}__text" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        try:
            search_url = reverse("ui.pick", kwargs={"kind": self.kind})
        except NoReverseMatch:
            search_url = ""
        own = dict(context["widget"]["attrs"])
        own.pop("id", None)
        context["picker"] = {
            "kind": self.kind,
            "url": search_url,
            "label": (self.label(value) if value and self.label else "") or self.typed,
            "options": self.options,
            "attrs": flatatt(own),
        }
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str:
        self.typed = str(data.get(f"{name}__text", "") or "").strip()
        return str(data.get(name, "") or "")

"""The company's settings on screen: a page for each group, saved at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import Invalid, Text
from guanxi.platform.kernel.actions import Choices
from guanxi.platform.ui import access
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.forms import ActionForm, Asked, RawField
from guanxi.platform.ui.parts import Tab

from .. import oidc
from ..settings_registry import GROUPS, SYSTEM_ONLY, Declared, all_settings, values
from ..ways import ways

HEADING = Text("公司设置", "Company settings")


class SettingsForm(ActionForm):
    """A field for each setting of a group, sent as one action."""

    def __init__(self, settings: list[Declared], request: HttpRequest, now: dict[str, Any]) -> None:
        super().__init__("people.change_settings", request, only=[], submit_label=Text("保存", "Save"))
        self.by_field = {s.name.replace(".", "-"): s for s in settings}
        for name, declared in self.by_field.items():
            asked = _asked(name, declared)
            self.fields[name] = RawField(asked, self._widget(asked))
            if declared.long:
                self.fields[name].widget.attrs["rows"] = 12
            self.initial[name] = now[declared.name]

    def raw(self) -> dict[str, Any]:
        self.unfound = {}
        sent = [
            {"key": declared.name, "value": _written(declared, self.cleaned_data.get(name))}
            for name, declared in self.by_field.items()
        ]
        return {"settings": sent}

    def take_invalid(self, invalid: Invalid) -> None:
        """What the action says of the n-th setting stands at its field."""
        fields = list(self.by_field)
        at_fields: dict[str, list[Text]] = {}
        for path, messages in invalid.errors.items():
            _, number, *_ = *path.split("."), ""
            known = number.isdecimal() and int(number) < len(fields)
            at_fields.setdefault(fields[int(number)] if known else path, []).extend(messages)
        super().take_invalid(Invalid(at_fields))


def company_settings(request: HttpRequest) -> HttpResponse:
    """One group of settings; those that this person may not change are shown below."""
    chosen = request.GET.get("of", "")
    chosen = chosen if chosen in GROUPS else next(iter(GROUPS))
    here = [s for s in all_settings().values() if s.group == chosen]
    free = [s for s in here if s.by != SYSTEM_ONLY and access.may(request.user, s.by)]
    now = values()
    form = SettingsForm(free, request, now)
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, address(chosen), Text("已保存", "Saved"))
    context = {
        "heading": HEADING,
        "tabs": [Tab(label, address(name), name == chosen) for name, label in GROUPS.items()],
        "free": free,
        "fixed": [(s, now[s.name]) for s in here if s not in free],
        "sign_in": chosen == "security",
        "provider": oidc.provider(),
        "ways": ways().values(),
        "back": request.build_absolute_uri(reverse("people.sign-in-provider-back")),
    }
    return show(request, "people/settings.html", context, form=form)


def address(group: str) -> str:
    """The page of a group."""
    return f"{reverse('people.settings')}?of={group}"


def _asked(name: str, declared: Declared) -> Asked:
    widget = "select" if declared.choices else "checkbox" if declared.type is bool else "text"
    if declared.type is int:
        widget = "number"
    return Asked(
        name=name,
        label=declared.label,
        hint=declared.hint if declared.hint.zh else None,
        widget="textarea" if declared.long else widget,
        of="",
        required=declared.type is int or bool(declared.choices or (declared.check and declared.check(""))),
        many=False,
        choices=Choices(list(declared.choices)) if declared.choices else None,
        default=None,
        max_length=4000 if declared.long else 400,
    )


def _written(declared: Declared, value: Any) -> str:
    return ("true" if value else "false") if declared.type is bool else str(value or "")

"""Forms with secrets: a password or code is typed unseen and never written back into the page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from guanxi.platform.ui.forms import ActionForm, Asked

AUTOCOMPLETE = {
    "password": "current-password",
    "old": "current-password",
    "new": "new-password",
    "again": "new-password",
}


class SecretForm(ActionForm):
    """An ActionForm that knows the widgets 'password' and 'otp'."""

    def _widget(self, asked: Asked) -> forms.Widget:
        if asked.widget == "password":
            attrs = {"autocomplete": AUTOCOMPLETE.get(asked.name, "current-password")}
            return forms.PasswordInput(attrs, render_value=False)
        if asked.widget == "otp":
            attrs = {
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "class": "short",
                "autocapitalize": "none",
            }
            return SecretText(attrs)
        if asked.name == "username":
            return forms.TextInput(
                {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            )
        return super()._widget(asked)


class SecretText(forms.TextInput):
    """Seen while typed, empty in every answer."""

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, object]:
        return super().get_context(name, "", attrs)


def unsent(request: HttpRequest) -> Any:
    """The same request as if nothing had been sent: for a second form on a page, or one not filled in yet."""

    class Unsent:
        method = "GET"
        user = request.user

    return Unsent()

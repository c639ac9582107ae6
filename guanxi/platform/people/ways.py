"""The ways in by accounts that people have elsewhere: the company's OpenID Connect provider, WeCom, DingTalk. The environment
says which there are (docs/how-to/sign-in-with-company-accounts.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from guanxi.platform.kernel import Text

from . import chat, oidc

if TYPE_CHECKING:
    from .models import Person


@dataclass(frozen=True, slots=True)
class Way:
    """A way in. issuer: under which accounts are linked. address(asked, back): where the browser goes.
    answered(asked, given, back, now): who came back, or oidc.Refused."""

    key: str
    issuer: str
    name: Text
    address: Callable[[oidc.Asked, str], str]
    answered: Callable[[oidc.Asked, Mapping[str, str], str, datetime], oidc.Known]


def ways() -> dict[str, Way]:
    """Those that are connected, by key."""
    found = []
    if (provider := oidc.provider()) is not None:
        name = Text.of(provider.name) if provider.name else Text("单位账号", "Company account")
        found.append(_by_provider(provider, name))
    if settings.WECOM:
        found.append(_by_chat("wecom", chat.WeCom(**settings.WECOM), Text("企业微信", "WeCom")))
    if settings.DINGTALK:
        found.append(_by_chat("dingtalk", chat.DingTalk(**settings.DINGTALK), Text("钉钉", "DingTalk")))
    return {way.key: way for way in found}


def named(issuer: str) -> Text:
    """What people call the place where an account is; its address where it is connected no more."""
    found = next((way.name for way in ways().values() if way.issuer == issuer), None)
    return found or Text(f"{issuer}（已停用）", f"{issuer} (no longer connected)")


def linked_of(person: Person) -> set[str]:
    """The issuers at which somebody has an account linked."""
    return set(person.links.values_list("issuer", flat=True))


def _by_provider(of: oidc.Provider, name: Text) -> Way:
    return Way(
        "oidc",
        of.issuer,
        name,
        lambda asked, back: oidc.address(of, asked, back),
        lambda asked, given, back, now: oidc.answered(of, asked, given, back, now),
    )


def _by_chat(key: str, of: Any, name: Text) -> Way:
    return Way(key, of.issuer, name, of.address, lambda asked, given, back, now: of.answered(asked, given))

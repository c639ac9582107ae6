"""The company's OpenID Connect provider, WeCom and DingTalk, as the environment names them."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def provider_from(issuer: str, client: str, secret: str, name: str) -> dict[str, str] | None:
    """What `people.oidc` needs of it; None where none is named. ValueError names what does not fit."""
    if not issuer:
        return None
    parts = urlsplit(issuer)
    try:
        here = ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = parts.hostname == "localhost"
    plain = not (parts.query or parts.fragment or parts.username)
    if not (plain and parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and here))):
        raise ValueError("GUANXI_OIDC_ISSUER: write the https address by which the provider calls itself")
    if not client:
        raise ValueError("GUANXI_OIDC_CLIENT: write the client's id at the provider")
    return {"issuer": issuer, "client": client, "secret": secret, "name": name}


def application_from(**given: tuple[str, str]) -> dict[str, str] | None:
    """What `people.chat` needs of an application: (variable, value) by name. None where nothing is said of it; ValueError
    names what is missing."""
    if not any(value for _, value in given.values()):
        return None
    for variable, value in given.values():
        if not value:
            raise ValueError(f"{variable}: write it too, or none of its kind")
    return {name: value for name, (_, value) in given.items()}

"""From which address a request comes, where proxies stand before us."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The nearest address that is no proxy of ours (GUANXI_PROXIES). What a stranger writes into X-Forwarded-For stands
    further away than what our own proxies add, and is never looked at."""
    near = str(request.META.get("REMOTE_ADDR", ""))
    said = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    for further in reversed([part.strip() for part in said if part.strip()]):
        if not _is_ours(near):
            break
        try:
            near = str(ip_address(further))
        except ValueError:
            break
    return near


def _is_ours(address: str) -> bool:
    networks: list[IPv4Network | IPv6Network] = settings.PROXIES
    try:
        where = ip_address(address)
    except ValueError:
        return False
    return any(where in network for network in networks)

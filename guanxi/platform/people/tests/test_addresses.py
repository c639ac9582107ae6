"""Given proxies in front, when somebody guesses passwords, then their own address is locked and not the proxy's."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client, RequestFactory

from guanxi.platform.people.addresses import client_address

PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("remote", "said", "expected"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # no proxy of ours: whatever it says
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, 10.0.0.3", "198.51.100.7"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.3", "198.51.100.7"),  # the first was made up
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.7", ""),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours(
    remote: str, said: str, expected: str, settings: Any
) -> None:
    settings.PROXIES = PROXIES
    headers = {"X-Forwarded-For": said} if said else {}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)
    assert client_address(request) == expected


@pytest.mark.django_db
def test_people_behind_one_proxy_are_not_locked_together(cast: Any, settings: Any) -> None:
    settings.PROXIES = PROXIES
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    cast.lin.set_password("a long enough one")
    cast.lin.save()
    given = {"username": "lin", "password": "x"}
    guesser, lin = ({"X-Forwarded-For": f"198.51.100.{n}"} for n in (7, 8))
    tries = [Client().post("/sign-in/", given, headers=guesser).status_code for _ in range(5)]
    assert tries == [422, 422, 422, 422, 429]
    right = {**given, "password": "a long enough one"}
    assert Client().post("/sign-in/", right, headers=guesser).status_code == 429
    assert Client().post("/sign-in/", right, headers=lin).status_code == 302

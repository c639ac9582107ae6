"""Given any answer that a browser could send in place of a passkey's, then it is refused in words and never a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from guanxi.platform.kernel import system_clock
from guanxi.platform.people import passkeys
from guanxi.platform.people.models import Passkey, Person

from .authenticator import Device

JUNK = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=20),
    st.just("a\0b"),
    st.binary(max_size=60).map(bytes_to_base64url),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.none(), max_size=2),
)
PARTS = ("id", "rawId", "type", "response")
INNER = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


def _bent(answer: str, where: list[str], what: list[Any]) -> str:
    found = json.loads(answer)
    for name, value in zip(where, what, strict=True):
        if name in PARTS:
            found[name] = value
        elif isinstance(found["response"], dict):
            found["response"][name] = value
    return json.dumps(found)


@pytest.mark.django_db
@settings(max_examples=60)
@given(
    where=st.lists(st.sampled_from(PARTS + INNER), min_size=1, max_size=2),
    what=st.lists(JUNK, min_size=2, max_size=2),
    cut=st.integers(0, 200),
)
def test_a_bent_answer_is_refused(where: list[str], what: list[Any], cut: int) -> None:
    now, request = system_clock(), RequestFactory().get("/", headers={"Host": "localhost"})
    person = Person.objects.get_or_create(username="lin", name="林晓")[0]
    device = Device()
    options = json.loads(passkeys.to_make(request, person, now))
    made = device.make(options)
    attested = base64url_to_bytes(json.loads(made)["response"]["attestationObject"])[:cut]
    for answer in (
        _bent(made, where, what[: len(where)]),
        _bent(made, ["attestationObject"], [bytes_to_base64url(attested)]),
    ):
        try:
            passkeys.made(answer, person, now)
        except passkeys.NotThisPasskey:
            pass
    Passkey.objects.filter(person=person).delete()
    signed = passkeys.made(made, person, now)
    Passkey.objects.create(
        person=person,
        name="x",
        credential=signed.credential,
        public_key=signed.public_key,
        handle=signed.handle,
        made_at=now,
    )
    asked = passkeys.to_sign(request, passkeys.OWN, person, now)
    try:
        passkeys.signed_by(_bent(device.sign(asked), where, what[: len(where)]), passkeys.OWN, person, now)
    except passkeys.NotThisPasskey:
        pass

"""Passkeys (WebAuthn): a key pair on somebody's own device, which signs what we ask, for this site's address only.

A challenge is kept nowhere: it carries what it is for, for whom, for which address and since when, under our seal. It
serves for ten minutes, and each passkey signs only challenges newer than the last it signed: so none serves twice.
Every passkey verifies its person (fingerprint, face, PIN): it stands in for password and code together.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.http import HttpRequest

from .settings_registry import value

if TYPE_CHECKING:
    from .models import Passkey, Person

SERVES = timedelta(minutes=10)
SIGN_IN, OWN, ADD = "in", "own", "add"
"""What a challenge is for: to come in without a password; to show that one is oneself; to add a passkey."""
_SALT = "guanxi.people.passkeys"
_LONGEST = 20_000
_US = timedelta(microseconds=1)
_ID = re.compile(r"[A-Za-z0-9_-]{1,1400}")


class NotThisPasskey(Exception):
    """What was signed is not what was asked for, or not by a passkey that is known here. Its words are for the log."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A new passkey, as its device showed it."""

    credential: str
    public_key: bytes
    sign_count: int
    handle: str
    backed_up: bool


def possible(request: HttpRequest) -> bool:
    """Whether browsers allow passkeys at the address one came by: a name (no IP number), over https or on this machine."""
    name = _name(request.get_host())
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return request.is_secure() or name == "localhost" or name.endswith(".localhost")
    return False


def looks_like(given: str) -> bool:
    """Whether what stands in the field of a code is a passkey's answer."""
    return given.lstrip().startswith("{")


def to_sign(request: HttpRequest, purpose: str, person: Person | None, now: datetime) -> dict[str, Any]:
    """What the browser passes to navigator.credentials.get. Without a person the device offers whose keys it has."""
    keys = [] if person is None else list(person.passkeys.values_list("credential", flat=True))
    return {
        "challenge": _b64(_challenge(request, purpose, person, now)),
        "rpId": _name(request.get_host()),
        "allowCredentials": [{"type": "public-key", "id": key} for key in keys],
        "userVerification": "required",
        "timeout": 120_000,
    }


def to_make(request: HttpRequest, person: Person, now: datetime) -> str:
    """What the browser passes to navigator.credentials.create, as JSON. Only for somebody who has just shown who they are."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    keys = list(person.passkeys.values_list("credential", "handle"))
    handle = keys[0][1] if keys else _b64(secrets.token_bytes(32))
    options = generate_registration_options(
        rp_id=_name(request.get_host()),
        rp_name=value("company.name") or "Guanxi",
        user_name=person.username,
        user_display_name=person.name,
        user_id=base64url_to_bytes(handle),
        challenge=_challenge(request, ADD, person, now, handle),
        timeout=300_000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(key)) for key, _ in keys],
    )
    return options_to_json(options)


def made(answer: str, person: Person, now: datetime) -> Signed:
    """The passkey that a device has just made for this person; NotThisPasskey where it did not."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    given = _read(answer)
    told, challenge = _told(given, now)
    if told["for"] != ADD or told["person"] != person.pk:
        raise NotThisPasskey("the challenge was for something else")
    try:
        verified = verify_registration_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=_name(told["at"].partition("://")[2]),
            expected_origin=told["at"],
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotThisPasskey(str(error)) from None
    return Signed(
        _b64(verified.credential_id),
        verified.credential_public_key,
        verified.sign_count,
        told["handle"],
        verified.credential_backed_up,
    )


def signed_by(answer: str, purpose: str, person: Person | None, now: datetime) -> Passkey:
    """The passkey that signed a challenge of ours; noted as used. NotThisPasskey where anything does not fit.

    person: whose it has to be; None for whoever comes in by it.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    from .models import Passkey

    given = _read(answer)
    told, challenge = _told(given, now)
    if told["for"] != purpose or told["person"] != (person.pk if person else None):
        raise NotThisPasskey("the challenge was for something else")
    id = str(given.get("id", ""))
    if not _ID.fullmatch(id):
        raise NotThisPasskey("no such passkey")
    with transaction.atomic():
        found = Passkey.objects.select_for_update(of=("self",)).select_related("person")
        row = found.filter(credential=id).first()
        if row is None or not row.person.is_active or (person is not None and row.person_id != person.pk):
            raise NotThisPasskey("no such passkey")
        handle = given["response"].get("userHandle")
        if handle and handle != row.handle:
            raise NotThisPasskey("the user handle is another one")
        if told["since"] <= row.last_challenge:
            raise NotThisPasskey("the challenge was signed before")
        try:
            verified = verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=_name(told["at"].partition("://")[2]),
                expected_origin=told["at"],
                credential_public_key=bytes(row.public_key),
                credential_current_sign_count=row.sign_count,  # one that went back is a copy: refused
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotThisPasskey(str(error)) from None
        row.sign_count, row.last_challenge, row.used_at = verified.new_sign_count, told["since"], now
        row.save(update_fields=["sign_count", "last_challenge", "used_at"])
    return row


def is_own(person: Person, answer: str, now: datetime) -> bool:
    """Whether a passkey of this person signed that they are here."""
    try:
        signed_by(answer, OWN, person, now)
    except NotThisPasskey:
        return False
    return True


def _challenge(
    request: HttpRequest, purpose: str, person: Person | None, now: datetime, handle: str = ""
) -> bytes:
    told = {
        "for": purpose,
        "person": person.pk if person else None,
        "at": f"{request.scheme}://{request.get_host()}",
        "since": _micros(now),
        "handle": handle,
        "salt": secrets.token_urlsafe(16),
    }
    return Signer(salt=_SALT).sign_object(told).encode()


def _told(given: dict[str, Any], now: datetime) -> tuple[dict[str, Any], bytes]:
    """What the challenge that was signed says of itself, where it is ours and fresh; and the challenge."""
    try:
        client = json.loads(_bytes(given["response"]["clientDataJSON"]))
        challenge = _bytes(client["challenge"])
        told: dict[str, Any] = Signer(salt=_SALT).unsign_object(challenge.decode("ascii"))
        age = _micros(now) - told["since"]
    except (BadSignature, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotThisPasskey("no challenge of ours") from None
    if not -60_000_000 <= age <= SERVES // _US:
        raise NotThisPasskey("the challenge is too old")
    return told, challenge


def _read(answer: str) -> dict[str, Any]:
    if len(answer) <= _LONGEST:
        try:
            given = json.loads(answer)
        except (ValueError, RecursionError):
            given = None
        if isinstance(given, dict) and isinstance(given.get("response"), dict):
            return given
    raise NotThisPasskey("no answer of a passkey")


def _name(host: str) -> str:
    """A host without its port."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.lower()


def _micros(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _b64(data: bytes) -> str:
    from webauthn.helpers import bytes_to_base64url

    return bytes_to_base64url(data)


def _bytes(text: str) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(text)

"""A device with a passkey, in software: it makes and signs what a browser would hand on (WebAuthn, ES256, no attestation)."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Device:
    """One passkey. counter: what it says of how often it signed; 0 and `counts` False for those that do not count."""

    def __init__(self, origin: str = "http://localhost", *, counts: bool = False) -> None:
        self.origin, self.counts, self.counter, self.handle = origin, counts, 0, ""
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(20)
        self.flags = PRESENT | VERIFIED

    def make(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.create."""
        self.handle = options["user"]["id"]
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        client = self._client("webauthn.create", options["challenge"])
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            clientDataJSON=bytes_to_base64url(client), attestationObject=bytes_to_base64url(made)
        )

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.get."""
        if self.counts:
            self.counter += 1
        data = self._data(options["rpId"])
        client = self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=bytes_to_base64url(client),
            authenticatorData=bytes_to_base64url(data),
            signature=bytes_to_base64url(signature),
            userHandle=self.handle,
        )

    def _data(self, name: str, more: int = 0) -> bytes:
        return (
            hashlib.sha256(name.encode()).digest()
            + bytes([self.flags | more])
            + self.counter.to_bytes(4, "big")
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        assert base64url_to_bytes(challenge)
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: str) -> str:
        id = bytes_to_base64url(self.id)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": response})

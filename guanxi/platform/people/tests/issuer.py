"""An OpenID Connect provider on loopback that can be told to lie: it holds PKCE and codes to the standard, and signs with its
own key whatever a test changes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "guanxi", "its-secret"


class Issuer:
    """What it knows and does. claims: changed in the ID token; drop: left out; sign: how; described: changed in discovery."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.published = self.key
        self.subject, self.email, self.verified = "a-1", "lin@example.com", True
        self.claims: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.in_token, self.sign, self.asked = True, "RS256", 0
        self.codes: dict[str, dict[str, str]] = {}

    def approve(self, address: str) -> str:
        """Somebody signs in at the address that the browser was sent to; the way back."""
        query = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{self.address}/authorize?")
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = urlsplit(query["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        if self.in_token:
            claims |= {"email": self.email, "email_verified": self.verified}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        header = {"alg": self.sign, "kid": "one"}
        if self.sign in ("none", "HS256"):  # HS256: by the key that everybody can read
            signed = b".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
            secret = self.key.as_pem(private=False)
            made = hmac.digest(secret, signed, "sha256") if self.sign == "HS256" else b""
            return b".".join([signed, _b64(made)]).decode()
        return jwt.encode(header, claims, self.key, algorithms=[self.sign])

    def answer(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        self.asked += 1
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "userinfo_endpoint": f"{self.address}/who",
            } | self.described
        if path == "/keys":
            return 200, {"keys": [self.published.as_dict(private=False)]}
        if path == "/who":
            return 200, {"sub": self.subject, "email": self.email, "email_verified": self.verified}
        asked = self.codes.pop(form.get("code", ""), None)
        pair = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        verifier = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or headers["Authorization"] != f"Basic {pair}"
            or verifier.rstrip(b"=").decode() != asked["code_challenge"]
            or form.get("redirect_uri") != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(asked["nonce"])}


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@contextmanager
def serving() -> Iterator[Issuer]:
    """An issuer on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def _send(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            status, told = issuer.answer(urlsplit(self.path).path, form, self.headers)
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _send

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

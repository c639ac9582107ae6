"""Sign-in by the company's OpenID Connect provider: code flow with PKCE, state and nonce; the ID token's signature,
issuer, audience and times are checked. We speak to the provider that the environment names, and to no other.

A provider says who somebody is; whether they work here, and what they may do, is said here. `links.py` has whose
account is whose.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from threading import Lock
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from django.conf import settings

log = logging.getLogger("guanxi.security")
SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""With a key of the provider's only: none that a shared secret signs, and never 'none'."""
LEEWAY = 60
FRESH = 3600
"""Seconds that the provider's own description and keys are taken as known."""
RETRY = 30
TIMEOUT = 5
MOST_BYTES = 1_000_000


class Refused(Exception):
    """The provider cannot be reached, or what it says does not hold. `reason` is for the log, `code` for the page."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Provider:
    """What the environment says of it. secret: '' for a public client. name: what the button calls it."""

    issuer: str
    client: str
    secret: str = field(repr=False, default="")
    name: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Who the provider says has signed in. email: '' unless the provider has verified it."""

    issuer: str
    subject: str
    email: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sign-in at the provider was begun with; kept in the session until the answer comes."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def anew(cls) -> Asked:
        return cls(*(secrets.token_hex(32) for _ in range(3)))  # WeCom takes letters and digits only


def provider() -> Provider | None:
    """The company's provider, or None where there is none."""
    named: dict[str, str] | None = settings.OIDC
    return Provider(**named) if named else None


def address(of: Provider, asked: Asked, back: str) -> str:
    """Where the browser goes to sign in."""
    challenge = (
        base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
    )
    query = {
        "response_type": "code",
        "client_id": of.client,
        "redirect_uri": back,
        "scope": SCOPE,
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    there = _endpoint(of, "authorization_endpoint")
    return f"{there}{'&' if '?' in there else '?'}{urlencode(query)}"


def same_state(asked: Asked, given: Mapping[str, str]) -> None:
    """Refused where the answer is to another browser's question."""
    if not hmac.compare_digest(given.get("state", "").encode(), asked.state.encode()):
        raise Refused("stale", "the state is another one")


def answered(of: Provider, asked: Asked, given: Mapping[str, str], back: str, now: datetime) -> Known:
    """Who came back from the provider with this answer; Refused where anything of it does not hold."""
    same_state(asked, given)
    if given.get("iss") and given["iss"] != of.issuer:  # RFC 9207
        raise Refused("wrong", "the answer is another provider's")
    if error := given.get("error"):
        code = "given_up" if error == "access_denied" else "wrong"
        raise Refused(code, f"the provider said {error[:60]!r}")
    tokens = _exchange(of, given.get("code", ""), asked.verifier, back)
    claims = _claims(of, str(tokens.get("id_token", "")), asked.nonce, now.timestamp())
    if not claims.get("email") and "userinfo_endpoint" in _described(of):
        claims |= _user_info(of, str(tokens.get("access_token", "")), claims["sub"])
    verified = claims.get("email_verified") is True and fits(claims.get("email"))
    email = claims["email"] if verified else ""
    return Known(of.issuer, claims["sub"], email)


def _claims(of: Provider, token: str, nonce: str, now: float) -> dict[str, Any]:
    """What an ID token of this provider says, for us, now, in answer to this very question."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if not token or len(token) > 20_000:
        raise Refused("wrong", "there is no ID token")
    for again in (False, True):
        try:
            keys = KeySet.import_key_set(_keys(of, again=again))
            claims = dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
            break
        except (JoseError, ValueError, TypeError, KeyError) as error:
            if again or not _may_ask_again(of):  # the provider may have changed its keys: looked for once
                raise Refused("wrong", f"the ID token does not hold: {error}") from None
    audience = claims.get("aud")
    audience = audience if isinstance(audience, list) else [audience]
    wrong = [
        what
        for what, holds in (
            ("issuer", claims.get("iss") == of.issuer),
            ("audience", of.client in audience and (len(audience) == 1 or claims.get("azp") == of.client)),
            ("authorised party", claims.get("azp") in (None, of.client)),
            ("end", _number(claims.get("exp")) > now - LEEWAY),
            ("beginning", 0 < _number(claims.get("iat")) <= now + LEEWAY),
            ("not before", _number(claims.get("nbf", 0)) <= now + LEEWAY),
            ("nonce", hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())),
            ("subject", fits(claims.get("sub"))),
        )
        if not holds
    ]
    if wrong:
        raise Refused("wrong", f"the ID token's {', '.join(wrong)} is not right")
    return claims


def fits(name: Any) -> bool:
    """Whether this can be what an account is called: a text that the database keeps."""
    return isinstance(name, str) and 0 < len(name) <= 255 and name.isprintable()


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0


def _exchange(of: Provider, code: str, verifier: str, back: str) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    ways = _described(of).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if of.secret and "client_secret_basic" in ways:
        pair = f"{quote(of.client, safe='')}:{quote(of.secret, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form["client_id"] = of.client
        if of.secret:
            form["client_secret"] = of.secret
    return fetch(_endpoint(of, "token_endpoint"), urlencode(form).encode(), headers)


def _user_info(of: Provider, token: str, subject: str) -> dict[str, Any]:
    found = fetch(_endpoint(of, "userinfo_endpoint"), None, {"Authorization": f"Bearer {token}"})
    if found.get("sub") != subject:
        raise Refused("wrong", "the provider told of somebody else")
    return {name: found[name] for name in ("email", "email_verified") if name in found}


# --- What the provider says of itself ------------------------------------------------------------------------------

_kept: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}
_asked_again: dict[str, float] = {}
_lock = Lock()


def _described(of: Provider) -> dict[str, Any]:
    found = _known(of, "description", of.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != of.issuer:
        raise Refused("away", "the provider describes another issuer")
    return found


def _endpoint(of: Provider, name: str) -> str:
    found = str(_described(of).get(name, ""))
    parts = urlsplit(found)
    safe = parts.scheme == "https" or (parts.scheme == "http" and _here(urlsplit(of.issuer).hostname or ""))
    if not (safe and parts.hostname):
        raise Refused("away", f"the provider names no {name}")
    return found


def _keys(of: Provider, *, again: bool) -> Any:
    return _known(of, "keys", _endpoint(of, "jwks_uri"), again=again)


def _may_ask_again(of: Provider) -> bool:
    """Whether the keys may be fetched anew: nobody makes us ask all the time by sending bad tokens."""
    with _lock:
        now = time.monotonic()
        if now - _asked_again.get(of.issuer, -RETRY) < RETRY:
            return False
        _asked_again[of.issuer] = now
        return True


def _known(of: Provider, what: str, url: str, *, again: bool = False) -> dict[str, Any]:
    now = time.monotonic()
    kept = _kept.get((of.issuer, what))
    if kept is not None and not again and now - kept[0] < FRESH:
        return kept[1]
    found = fetch(url)
    _kept[(of.issuer, what)] = (now, found)
    return found


def forget() -> None:
    """Know nothing of any provider any more."""
    _kept.clear()
    _asked_again.clear()


class _Stays(HTTPRedirectHandler):
    """No answer leads us elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def fetch(
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    json_body: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON that an address of a configured service answers; Refused where it does not."""
    headers = dict(headers or {})
    if json_body is not None:
        body, headers["Content-Type"] = json.dumps(json_body).encode(), "application/json"
    handlers = [_Stays(), *([ProxyHandler({})] if _here(urlsplit(url).hostname or "") else [])]
    request = Request(url, body, {"Accept": "application/json", **headers})  # noqa: S310 (_endpoint and the settings: http(s))
    try:
        with build_opener(*handlers).open(request, timeout=TIMEOUT) as answer:
            read = answer.read(MOST_BYTES + 1)
        found = json.loads(read) if len(read) <= MOST_BYTES else None
    except (URLError, OSError, ValueError, RecursionError) as error:
        raise Refused("away", f"{urlsplit(url).hostname}: {error}") from None
    if not isinstance(found, dict):
        raise Refused("away", f"{urlsplit(url).hostname} answered something else")
    return found


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Sign-in by WeCom (企业微信) and DingTalk (钉钉), after their published descriptions. They speak OAuth of their own: no PKCE, no
signed token; what holds is that the code is exchanged from here, with our secret, over https, for one browser's state.

Not tried against the services themselves, for want of an account there: tests stand in for them on loopback.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from .oidc import Asked, Known, Refused, fetch, fits, same_state

WECOM_PAGE = "https://login.work.weixin.qq.com/wwlogin/sso/login"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin"
DINGTALK_PAGE = "https://login.dingtalk.com/oauth2/auth"
DINGTALK = "https://api.dingtalk.com/v1.0"
EARLY = 300
"""Seconds before its end that an access token of WeCom is asked for anew."""


@dataclass(frozen=True, slots=True)
class WeCom:
    """An application of the company's own (自建应用) in its WeCom."""

    corp: str
    agent: str
    secret: str = field(repr=False)

    @property
    def issuer(self) -> str:
        return f"wecom:{self.corp}"

    def address(self, asked: Asked, back: str) -> str:
        """Where the browser goes to sign in."""
        query = {
            "login_type": "CorpApp",
            "appid": self.corp,
            "agentid": self.agent,
            "redirect_uri": back,
            "state": asked.state,
        }
        return f"{WECOM_PAGE}?{urlencode(query)}"

    def answered(self, asked: Asked, given: Mapping[str, str]) -> Known:
        """Who of the company came back with this answer."""
        same_state(asked, given)
        code = given.get("code", "")
        if not code:
            raise Refused("given_up", "WeCom gave no code")
        told = self._asked("auth/getuserinfo", access_token=self._token(), code=code)
        user: Any = told.get("userid") or told.get("UserId")
        if not fits(user):
            raise Refused("unknown", "somebody from outside the company's WeCom")
        return Known(self.issuer, user, "")

    def _token(self) -> str:
        """The application's access token: WeCom gives few of them, each for two hours."""
        kept = _tokens.get((WECOM, self.corp, self.agent))
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        told = self._asked("gettoken", corpid=self.corp, corpsecret=self.secret)
        token, ends = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not isinstance(ends, int):
            raise Refused("away", "WeCom gave no access token")
        _tokens[(WECOM, self.corp, self.agent)] = (time.monotonic() + ends - EARLY, token)
        return token

    def _asked(self, what: str, **query: str) -> dict[str, Any]:
        told = fetch(f"{WECOM}/{what}?{urlencode(query, quote_via=quote)}")
        if told.get("errcode", 0) != 0:
            _tokens.pop((WECOM, self.corp, self.agent), None)
            raise Refused("wrong", f"WeCom said {told['errcode']!r}")
        return told


@dataclass(frozen=True, slots=True)
class DingTalk:
    """An application of the company's own (企业内部应用) in its DingTalk. corp: the one organisation that may come in."""

    client: str
    secret: str = field(repr=False)
    corp: str

    @property
    def issuer(self) -> str:
        return f"dingtalk:{self.client}"

    def address(self, asked: Asked, back: str) -> str:
        """Where the browser goes to sign in."""
        query = {
            "redirect_uri": back,
            "response_type": "code",
            "client_id": self.client,
            "scope": "openid corpid",
            "state": asked.state,
            "prompt": "consent",
            "corpId": self.corp,
        }
        return f"{DINGTALK_PAGE}?{urlencode(query)}"

    def answered(self, asked: Asked, given: Mapping[str, str]) -> Known:
        """Who came back with this answer."""
        same_state(asked, given)
        code = given.get("authCode") or given.get("code", "")
        if not code:
            raise Refused("given_up", "DingTalk gave no code")
        told = fetch(
            f"{DINGTALK}/oauth2/userAccessToken",
            json_body={
                "clientId": self.client,
                "clientSecret": self.secret,
                "code": code,
                "grantType": "authorization_code",
            },
        )
        token = told.get("accessToken")
        if not isinstance(token, str):
            raise Refused("wrong", "DingTalk gave no access token")
        if told.get("corpId") != self.corp:
            raise Refused("unknown", "somebody of another organisation in DingTalk")
        user: Any = fetch(f"{DINGTALK}/contact/users/me", headers={"x-acs-dingtalk-access-token": token}).get(
            "unionId"
        )
        if not fits(user):
            raise Refused("wrong", "DingTalk did not say who it is")
        return Known(self.issuer, user, "")


_tokens: dict[tuple[str, str, str], tuple[float, str]] = {}


def forget() -> None:
    """Hold no access token any more."""
    _tokens.clear()

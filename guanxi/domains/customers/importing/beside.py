"""What a row says of a customer beside its particulars: service class, tags, further addresses; and of its person:
motives, role, preferred channel, and in which ways they agreed to be reached. Read here, entered by `besides.py`.

Nothing is made up: a consent that the cell does not say is none, and an unticked "do not call" is no consent to calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from guanxi.platform.imports.addresses import parse_address
from guanxi.platform.imports.columns import Mapping
from guanxi.platform.imports.fields import normal
from guanxi.platform.imports.values import is_nothing, plain
from guanxi.platform.kernel import Text

from .. import words

Said = list[str]
SERVICE, TAGS, ADDRESSES = "account.service", "account.tags", "account.addresses"
CONSENT, CONSENT_ON, EVIDENCE = "contact.consent", "contact.consent_on", "contact.consent_evidence"
TAG_LIMIT, ADDRESS_LIMIT, AREA_LIMIT, EVIDENCE_LIMIT = 30, 200, 40, 200
_SPLIT = re.compile(r"[、,，;；/|\n]+")
_LINES = re.compile(r"[;；\n]+")


def _table(words_of: dict[str, Text], more: dict[str, str]) -> dict[str, str]:
    """Word, as `normal` writes it -> code."""
    found = {normal(word): code for code, text in words_of.items() for word in (code, text.zh, text.en)}
    return found | {
        normal(word.replace("_", " ")): code for code, all in more.items() for word in all.split()
    }


_SERVICES = _table(
    words.SERVICES,
    {
        "served": "已完成服务 老客户 服务过 past former",
        "serving": "在服务 正在服务 服务期内 active current in_service",
        "prospect": "潜在客户 意向客户 待开发 potential lead",
        "referred": "转介绍客户 介绍 推荐 referral",
    },
)
_MOTIVES = _table(
    words.MOTIVES,
    {
        "price": "成本 便宜 cost costs",
        "quality": "质量 品质好",
        "delivery": "交货 准时 交货期 punctuality",
        "risk": "安全 风险 稳定 safety security",
        "results": "效果 结果 performance result",
        "recognition": "面子 荣誉 认同 status",
        "relations": "人情 人脉 relationship",
        "ease": "方便 便利 简单 convenience",
    },
)
_ROLES = _table(
    words.DECISION_ROLES,
    {
        "decides": "决策 决策者 决策人 最终决策人 拍板人 decision_maker economic_buyer executive_sponsor",
        "influences": "影响者 有影响 技术把关 influencer champion blocker",
        "uses": "使用人 使用 user end_user",
        "unknown": "不清楚 未知 other",
    },
)
_CHANNELS = _table(
    words.CHANNELS,
    {
        "phone": "手机 来电 打电话 phone_call call mobile tel",
        "wechat": "weixin",
        "sms": "手机短信 text text_message message",
        "email": "电子邮件 邮箱 e-mail mail",
        "visit": "拜访 上门 面谈 in_person meeting",
        "post": "信件 邮寄 纸质信函 postal_mail",
    },
)
_YES = frozenset(
    "是 同意 已同意 可以 允许 愿意 接受 已授权 yes y true 1 given granted agreed subscribed optedin optin".split()
)
_NO = frozenset(
    "否 不 不同意 拒绝 已拒绝 不接受 不愿意 不愿 撤回 已撤回 不同意或已撤回 no n refused withdrawn declined "
    "refusedorwithdrawn unsubscribed optedout optout".split()
)
_UNTICKED = frozenset("false 0 未征询 未询问 未知 不详 notasked unknown".split())
"""What says nothing of anybody's will."""
_TICKS = frozenset("√✓✔☑")
_PURPOSE = re.compile(r"^\s*([^\s：:]{2,12}?)\s*[：:]\s*(.+)$", re.S)
_PURPOSES = (
    ("registered", r"注册|工商|registered"),
    ("delivery", r"收货|收件|送货|发货|配送|仓库|shipping|deliver|ship"),
    ("billing", r"开票|发票|账单|billing|invoice"),
    ("site", r"现场|门店|项目|工厂|厂区|工地|site|plant|store"),
    ("office", r"办公|经营|公司|单位|通讯|通信|联系|年报|office|business"),
    ("other", r"其他|其它|更多|other"),
)


class Beside:
    """Reads the cells of one row. keep: puts the cells of these fields into the note as they stand. doubts: what there is
    to look at."""

    def __init__(
        self,
        values: dict[str, Any],
        cells: Sequence[str],
        mapping: Mapping,
        keep: Callable[..., None],
        today: date | None,
    ) -> None:
        self.values, self.cells, self.mapping = values, cells, mapping
        self.keep, self.today = keep, today
        self.doubts: list[Said] = []

    def of_customer(self, main: str, delivery: str) -> dict[str, Any]:
        """service, tags, addresses. main: the main address; delivery: the one that stands in columns of its parts."""
        found: dict[str, Any] = {}
        if service := self.code(SERVICE, _SERVICES):
            found["service"] = service
        if tags := self.tags():
            found["tags"] = tags
        if addresses := self.addresses(main, delivery):
            found["addresses"] = addresses
        return found

    def of_person(self) -> dict[str, Any]:
        """The further input of contacts.add."""
        found: dict[str, Any] = {}
        if role := self.code("contact.decision_role", _ROLES):
            found["decision_role"] = role
        if channel := self.code("contact.channel", _CHANNELS):
            found["channel"] = channel
        if motives := self.codes("contact.motives", _MOTIVES):
            found["motives"] = motives
        if matters := self.text("contact.matters"):
            found["matters"] = matters
        return found

    # --- Words --------------------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        return str(self.values.get(name, "") or "")

    def doubt(self, name: str, code: str, zh: str, en: str) -> None:
        column = self.mapping.column(name)
        header = self.mapping.headers[column] if column is not None else ""
        self.doubts.append([header, code, zh, en])

    def code(self, name: str, table: dict[str, str]) -> str:
        """The one code that a cell names; a word that is none of ours is kept, and said."""
        written = self.text(name)
        if not written:
            return ""
        code = table.get(normal(written), "")
        if not code:
            self._unknown(name, [written])
        return code

    def codes(self, name: str, table: dict[str, str]) -> list[str]:
        parts = [part.strip() for part in _SPLIT.split(self.text(name)) if part.strip()]
        if unknown := [part for part in parts if normal(part) not in table]:
            self._unknown(name, unknown)
        return list(dict.fromkeys(table[normal(part)] for part in parts if normal(part) in table))

    def _unknown(self, name: str, written: list[str]) -> None:
        self.keep(name)
        shown = written[0][:40]
        self.doubt(
            name,
            "word.unknown",
            f"“{shown}”不是这一项可用的词，记入备注",
            f"“{shown}” is none of the words used here; it is kept in the note",
        )

    def tags(self) -> list[str]:
        """The words of all columns of tags; one too long for a tag is kept in the note."""
        if long := [part for part in _SPLIT.split(self.text(TAGS)) if len(part.strip()) > TAG_LIMIT]:
            self.keep(TAGS)
            self.doubt(
                TAGS,
                "tag.long",
                f"“{long[0][:40]}”超过 {TAG_LIMIT} 个字，不能作标签，记入备注",
                f"“{long[0][:40]}” is longer than {TAG_LIMIT} characters: no tag; it is kept in the note",
            )
        return tag_words(self.text(TAGS))

    # --- Addresses ----------------------------------------------------------------------------------------------------

    def addresses(self, main: str, delivery: str) -> list[dict[str, str]]:
        """Each with its purpose, from the word before it in the cell or from the column's name; the main one left out."""
        found: dict[str, dict[str, str]] = {}
        for column in self.mapping.columns(ADDRESSES):
            header = self.mapping.headers[column]
            for part in _LINES.split(plain(self.cells[column], 1000, lines=True).text):
                said = _PURPOSE.match(part)
                kind, address = _purpose(header), part
                if said and (named := _purpose(said[1], "")):
                    kind, address = named, said[2]
                self._address(found, main, kind, " ".join(address.split()))
        if delivery:
            self._address(found, main, "delivery", delivery)
        return list(found.values())

    def _address(self, found: dict[str, dict[str, str]], main: str, kind: str, address: str) -> None:
        key = same_address(address)
        if is_nothing(address) or not key or key == same_address(main) or key in found:
            return
        if len(address) > ADDRESS_LIMIT:
            self.keep(ADDRESSES)
            self.doubt(
                ADDRESSES,
                "address.long",
                f"有一个地址超过 {ADDRESS_LIMIT} 个字，记入备注",
                f"An address is longer than {ADDRESS_LIMIT} characters; it is kept in the note",
            )
            return
        parsed = parse_address(address)
        area = parsed.district or parsed.city
        found[key] = {"kind": kind, "address": address} | (
            {"area": area} if area and len(area) <= AREA_LIMIT else {}
        )

    # --- Consent ------------------------------------------------------------------------------------------------------

    def consents(self) -> dict[str, Any]:
        """{"given": [channels], "withdrawn": [channels], "said_on": day, "evidence": text}, as far as cells say so."""
        said: dict[str, str] = {}
        self._list(said)
        for channel in words.CONSENT_CHANNELS:
            name = f"{CONSENT}.{channel}"
            if written := self.text(name):
                self._say(said, name, channel, written)
        for channel in words.CONSENT_CHANNELS:
            name = f"contact.refused.{channel}"
            marks = [_word(mark) for mark in self.text(name).split("\n") if mark.strip()]
            if any(mark in _YES for mark in marks):
                said[channel] = "withdrawn"
            elif any(mark not in _NO | _UNTICKED for mark in marks):
                self._unknown(name, self.text(name).split("\n"))
        found: dict[str, Any] = {
            state: channels
            for state in ("given", "withdrawn")
            if (channels := [c for c in words.CONSENT_CHANNELS if said.get(c) == state])
        }
        if not found:
            self.keep(CONSENT_ON, EVIDENCE)
            return {}
        if on := self._said_on():
            found["said_on"] = on
        if evidence := self.text(EVIDENCE):
            found["evidence"] = evidence[:EVIDENCE_LIMIT]
            if len(evidence) > EVIDENCE_LIMIT:
                self.keep(EVIDENCE)
        return found

    def refused(self) -> list[str]:
        """The fields of ways that the row says nobody wants to be reached in."""
        names = [f"contact.refused.{channel}" for channel in words.CONSENT_CHANNELS]
        return [
            n for n in names if any(_word(m) not in _NO | _UNTICKED for m in self.text(n).split("\n") if m)
        ]

    def _list(self, said: dict[str, str]) -> None:
        """电话、微信 in one cell: agreed to; 短信：不同意 says otherwise of one."""
        for part in _SPLIT.split(self.text(CONSENT)):
            way, _, state = part.replace("：", ":").partition(":")
            if not way.strip():
                continue
            channel = _CHANNELS.get(normal(way), "")
            if channel not in words.CONSENT_CHANNELS:
                if (
                    normal(part) not in _UNTICKED | _NO
                ):  # "not asked", and a no that names no way, say nothing of any
                    self._unknown(CONSENT, [part])
                elif normal(part) in _NO:
                    self.keep(CONSENT)
            elif state.strip():
                self._say(said, CONSENT, channel, state)
            else:
                said[channel] = "given"

    def _say(self, said: dict[str, str], name: str, channel: str, written: str) -> None:
        word = _word(written)
        if word in _YES:
            said[channel] = "given"
        elif word in _NO:
            said[channel] = "withdrawn"
        elif word not in _UNTICKED:
            self._unknown(name, [written])

    def _said_on(self) -> str:
        """The day, where the file says one that has come."""
        on = self.text(CONSENT_ON)
        if on and (on.startswith("--") or (self.today is not None and date.fromisoformat(on) > self.today)):
            self.keep(CONSENT_ON)
            self.doubt(
                CONSENT_ON,
                "consent.day",
                "这一天还没有到或没有年份，不作为许可日期，记入备注",
                "This day is still to come or has no year: it is not taken for the day of consent, but kept in the note",
            )
            return ""
        return on


def tag_words(written: str) -> list[str]:
    """The words of a cell that are short enough for tags, each once."""
    parts = [" ".join(part.split()) for part in _SPLIT.split(written) if part.strip()]
    once = {part.casefold(): part for part in reversed(parts) if len(part) <= TAG_LIMIT}
    return list(reversed(once.values()))


def _purpose(text: str, other: str = "other") -> str:
    """The purpose that a word or a column's name means."""
    return next((kind for kind, pattern in _PURPOSES if re.search(pattern, text, re.I)), other)


def _word(written: str) -> str:
    """A cell's word as the sets above hold it."""
    return "yes" if written.strip() in _TICKS else normal(written)


def same_address(text: str) -> str:
    """An address as two writings of it are compared: letters and digits only."""
    return "".join(c for c in text.casefold() if c.isalnum())

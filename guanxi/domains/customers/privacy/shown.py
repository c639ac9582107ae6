"""A contact's data in words: as the page and the paper show it, and as programs read it; what goes and what stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from guanxi.platform.kernel import Text
from guanxi.platform.ownfields.values import lines

from .. import reads, words
from ..models import Contact, Need, Promise, StockMovement
from ..models_contacts import Consent, Employment
from ..models_import import DRAFT, Import
from ..models_objections import Objection
from .held import Entry, Held, content_of, lines_for, plain_row

FORMAT = "guanxi.contact/1"
PARTICULARS = ("name", "post", "unit", "decision_role", "birthday", "phone", "email", "wechat", "channel",
               "motives", "matters", "note")  # fmt: skip
SPOKEN = Text("其中谈到此人", "In which they are spoken of")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is held: when, and in which words."""

    at: datetime | None
    text: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one table holds."""

    label: Text
    lines: Sequence[Line]
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of something when the data is erased, and why."""

    what: Text
    count: int = 0
    why: Text = field(default_factory=lambda: Text("", ""))


def particulars(contact: Contact) -> list[tuple[Text, str]]:
    """The record itself, in words."""
    found = []
    for name in PARTICULARS:
        if value := getattr(contact, name):
            found.append((words.OF_PERSON.get(name) or words.FIELDS[name], str(words.said(name, value))))
    own = lines("contact", [contact]).get(contact.pk, [])
    return found + [(one.label, str(value)) for one, value in own]


def parts(held: Held, person: Any) -> list[Part]:
    """Everything beside the record that this person may read, table by table."""
    found: dict[tuple[str, bool], list[Entry]] = {}
    for entry in held.entries:
        found.setdefault((entry.holding.model, entry.spoken), []).append(entry)
    made = [
        Part(
            of[0].holding.what,
            [Line(e.at, _told(e)) for e in sorted(of, key=_when)],
            spoken,
        )
        for (_, spoken), of in sorted(found.items(), key=lambda one: one[0][1])
    ]
    if held.packs:
        label = Text("交接清单里的联系人", "Contact in hand-over packs")
        made.append(Part(label, [Line(p.ended_at, f"{p.giver.name} → {p.taker.name}") for p in held.packs]))
    if lines := lines_for(held, person):
        made.append(
            Part(
                Text("导入文件的行", "Rows of imported files"),
                [
                    Line(r.run.created_at, f"{r.run.file_name} · {r.number}", " | ".join(map(str, r.cells)))
                    for r in lines
                ],
            )
        )
    if facts := sorted([*held.facts, *held.bare], key=lambda f: f.seq):
        told = reads.tell(facts, whole=True)
        made.append(
            Part(
                Text("日志", "Journal"),
                [Line(t.at, " · ".join(x for x in (t.text, t.who) if x), t.quote) for t in told],
            )
        )
    return made


def _told(entry: Entry) -> str:
    """The row in a line: as it says itself, else its words, else its number."""
    return getattr(entry.row, "in_words", "") or "；".join(entry.texts) or f"#{entry.row.pk}"


def _when(entry: Entry) -> float:
    return entry.at.timestamp() if entry.at else 0.0


def document(held: Held, person: Any, now: datetime) -> dict[str, Any]:
    """All of it for programs. Of rows that belong to others only what speaks of the contact."""
    contact, by = held.contact, held.striker
    own: dict[str, list[Any]] = {}
    spoken: dict[str, list[Any]] = {}
    for entry in held.entries:
        label = entry.holding.model
        if not entry.spoken:
            own.setdefault(label, []).append(plain_row(entry.row))
            continue
        columns = {c: getattr(entry.row, c) for c in (*entry.holding.own, *entry.holding.words)}
        spoken.setdefault(label, []).append(
            {
                "id": entry.row.pk,
                "at": entry.at.isoformat() if entry.at else None,
                **{c: value for c, value in columns.items() if by and by.meets(value)},
            }
        )
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "contact": plain_row(contact),
        "customer": {"id": held.account.pk, "name": held.account.name},
        "rows": own,
        "spoken_of_in": spoken,
        "hand_overs": [
            {"id": p.pk, "signed": p.ended_at.isoformat() if p.ended_at else None, "contact": one}
            for p in held.packs
            for c in content_of(p)["customers"]
            for one in c["contacts"]
            if one["id"] in held.numbers
        ],
        "imports": [
            {"import": r.run_id, "file": r.run.file_name, "row": r.number, "cells": r.cells}
            for r in lines_for(held, person)
        ],
        "journal": [
            {
                "seq": f.seq,
                "recorded_at": f.recorded_at.isoformat(),
                "happened_at": f.happened_at.isoformat(),
                "kind": f.kind,
                "data": f.data,
                "texts": f.words.body if hasattr(f, "words") else None,
            }
            for f in sorted([*held.facts, *held.bare], key=lambda f: f.seq)
        ],
    }


def goes(held: Held) -> list[Fate]:
    """What is erased, with how much of it there is."""
    spoken = [e for e in held.entries if held.striker and e.spoken]
    own = [e for e in held.own if held.striker and any(held.striker.meets(t) for t in e.texts)]
    found = [
        Fate(Text("联系人资料：姓名、职务、号码、生日、看重之事、备注等全部内容",
                  "The record: name, post, numbers, birthday, what matters, note: all of it"), 1),
        Fate(Text("任职经历（整条删除）", "Employment (deleted whole)"),
             Employment.objects.filter(contact=held.contact.pk).count()),
        Fate(Text("日志旁的文字（整条删除）", "Texts beside the journal (deleted whole)"), len(held.facts)),
        Fate(Text("其他记录的文字里的姓名和号码（划去）", "Name and numbers in the words of other records (struck out)"),
             len(spoken) + len(own)),
        Fate(Text("交接清单里的内容", "Entries in hand-over packs"), len(held.packs)),
        Fate(Text("导入文件的行；整个原文件一并删除", "Rows of imported files, and the files themselves"), len(held.lines)),
    ]  # fmt: skip
    return [one for one in found if one.count]


def stays(held: Held, person: Any) -> list[Fate]:
    """What stays, and why."""
    contact = held.contact
    owed = Promise.objects.filter(contact=contact.pk, state=Promise.OPEN).count()
    needs = Need.objects.filter(contact=contact.pk).count()
    ledger = StockMovement.objects.filter(contact=contact.pk).count()
    objections = Objection.objects.filter(contact=contact.pk).count()
    consents = Consent.objects.filter(contact=contact.pk).count()
    others = [e for e in held.own if e.holding.model.startswith("visits.")]
    found = [
        Fate(Text("未兑现的承诺", "Open promises"), owed,
             Text("照旧履行，不再写明向谁承诺", "Still owed; to whom is no longer said")),
        Fate(Text("需求", "Needs"), needs, Text("是客户的需求", "They are the customer's")),
        Fate(Text("异议", "Objections"), objections,
             Text("是客户的异议", "They are the customer's")),
        Fate(Text("联系许可", "Consents"), consents,
             Text("只剩方式和同意与否，依据中的姓名和号码划去",
                  "Way and yes or no only; name and numbers are struck from the evidence")),
        Fate(Text("拜访", "Visits"), len(others),
             Text("日期和拜访人是考核凭证，不再写明见的是谁", "Date and visitor are evidence; who was met is no longer said")),
        Fate(Text("物资和礼品台账", "Lines of the stock and gift ledger"), ledger,
             Text("会计档案按法定期限保存，不再写明领给谁", "Books are kept as the law asks, without saying who received it")),
        Fate(Text("日志记录的编号、时间和代码", "Numbers, times and codes in the journal"), len(held.facts) + len(held.bare),
             Text("链上内容不能更改；其中没有姓名和号码", "The chain cannot be changed; it holds no name and no number")),
    ]  # fmt: skip
    kept = [*(one for one in found if one.count), *always()]
    if contact.name in f"{held.account.name} {held.account.short_name}":
        kept.insert(0, Fate(Text("客户名称里的姓名", "The name in the customer's name"), 0,
                            Text("是客户的名称；如须去掉，请修改客户资料", "It is the customer's: change it there")))  # fmt: skip
    drafts = Import.objects.filter(state=DRAFT).count()
    if drafts:
        kept.append(Fate(Text("已上传、还没检查的导入文件", "Uploaded files that are not judged yet"), drafts,
                         Text("还不知道里面有谁；请检查或放弃", "Who is in them is not known: judge or drop them")))  # fmt: skip
    return kept


def always() -> list[Fate]:
    """What stays whoever it is."""
    return [
        Fate(Text("已有的备份", "Backups taken before"), 0,
             Text("到期自动删除；还原旧备份后须再次抹除", "They go when they age out; after restoring one, erase again")),
        Fate(Text("已导出、打印和发出的", "What was exported, printed or sent"), 0,
             Text("不在本系统内", "It is outside Guanxi")),
    ]  # fmt: skip


def elsewhere(held: Held, person: Any) -> list[Contact]:
    """Contacts, of customers that this person sees, with the same number, e-mail or WeChat: perhaps the same person, entered
    once more. They are not erased along."""
    same = Q(pk=None)
    for number in held.mentions.numbers:
        same |= Q(phone_key__endswith=number)
    for mark in held.mentions.marks:
        same |= Q(email__iexact=mark) | Q(wechat__iexact=mark)
    rows = Contact.objects.filter(same, reads.of_visible(person), erased_at=None).exclude(pk=held.contact.pk)
    return list(rows.select_related("customer")[:20])

"""The letter that tells each customer who looks after them from now on: a template with placeholders, one page each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from guanxi.platform.kernel import Text
from guanxi.platform.people.settings_registry import setting, value

from ..models import Account, Contact
from ..models_handover import HandOver
from ..reads import main_contact

PLACEHOLDERS: dict[str, Text] = {
    "customer": Text("客户名称", "the customer's name"),
    "contact": Text("联系人称呼", "the contact"),
    "giver": Text("移交人", "who hands over"),
    "taker": Text("接收人", "who takes over"),
    "phone": Text("接收人电话", "the taker's telephone"),
    "email": Text("接收人邮箱", "the taker's e-mail"),
    "company": Text("本公司名称", "our company"),
    "date": Text("交接日期", "the date of the hand-over"),
}
HINT = Text(
    "可用占位符：" + "、".join(f"{{{name}}} {words.zh}" for name, words in PLACEHOLDERS.items()),
    "Placeholders: " + ", ".join(f"{{{name}}} {words.en}" for name, words in PLACEHOLDERS.items()),
)
SHIPPED = """尊敬的{contact}：

感谢{customer}一直以来对我们的信任与支持。

因工作安排，自{date}起，原由{giver}负责的贵方业务由{taker}接手（电话：{phone}，邮箱：{email}）。此前商定的事项由{taker}继续办理，不受影响。

今后如有任何事宜，欢迎随时与{taker}联系。

此致
敬礼

{company}
{date}"""
LETTER = "handover.letter"
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Letter:
    """One customer's letter, ready to print."""

    customer: str
    address: str
    to: str
    paragraphs: list[str]


def unknown(template: str) -> str:
    """The first placeholder that does not exist; '' where there is none."""
    return next((name for name in _PLACE.findall(template) if name not in PLACEHOLDERS), "")


def _filled(template: str, values: dict[str, str]) -> str:
    """Plain replacement: a template is what somebody typed, and str.format would let it reach into objects."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), template)


def _fits(template: str) -> Text | None:
    if len(template) < 10:
        return Text("请填写函件内容", "Please enter the letter")
    wrong = unknown(template)
    if wrong:
        return Text(f"没有这个占位符：{{{wrong}}}", f"There is no such placeholder: {{{wrong}}}")
    return None


setting(
    LETTER,
    str,
    SHIPPED,
    Text("交接致客户函（模板）", "Letter to customers at a hand-over (template)"),
    hint=HINT,
    check=_fits,
    long=True,
    group="papers",
)


def template_of(hand_over: HandOver) -> str:
    """The hand-over's own letter, or the company's template."""
    return hand_over.letter or str(value(LETTER))


def letters(hand_over: HandOver, ids: list[int], today: date) -> list[Letter]:
    """A letter to each customer that is still served, in the order of `ids`."""
    template = template_of(hand_over)
    taker, company = hand_over.taker, value("company.name") or ""
    day = timezone.localdate(hand_over.ended_at) if hand_over.ended_at else today
    people: dict[int, list[Contact]] = {}
    for contact in Contact.objects.filter(customer__in=ids, active=True).order_by("-primary", "pk"):
        people.setdefault(contact.customer_id, []).append(contact)
    rows = Account.objects.filter(active=True).in_bulk(ids)
    found = []
    for id in ids:
        account = rows.get(id)
        if account is None:
            continue
        main = main_contact(people.get(id, []))
        values = {
            "customer": account.name,
            "contact": main.name if main else "客户",
            "giver": hand_over.giver.name,
            "taker": taker.name,
            "phone": taker.phone or "—",
            "email": taker.email or "—",
            "company": company,
            "date": f"{day.year}年{day.month}月{day.day}日",
        }
        filled = _filled(template, values)
        found.append(Letter(account.name, account.address, main.name if main else "", filled.splitlines()))
    return found

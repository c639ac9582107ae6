"""What can be captured during a visit: one kind of line each, with at most three fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from guanxi.domains.customers.models import Product, StockItem
from guanxi.platform.kernel import ActionInput, Text, ask

from .words import SETTLED, SITE_CHECKS, SettledCode, pairs

Pairs = list[tuple[Any, Any]]


def _text(zh: str, en: str, **more: Any) -> Any:
    return ask(zh, en, widget="textarea", min_length=1, max_length=500, **more)


def _more(zh: str, en: str) -> Any:
    return ask(zh, en, "", max_length=500)


def _products() -> Pairs:
    return [(p.pk, p.name) for p in Product.objects.filter(active=True)]


def _items() -> Pairs:
    return [
        (i.pk, Text(f"{i.name}（余 {i.quantity} {i.unit}）", f"{i.name} ({i.quantity} left)"))
        for i in StockItem.objects.filter(active=True, quantity__gt=0)
    ]


class Line(ActionInput):
    """What every line has beside its own fields."""

    key: str = ask("编号", "Key", "", widget="hidden", max_length=64, pattern=r"^[A-Za-z0-9._-]*$")
    captured_at: AwareDatetime | None = ask("记录时间", "Captured at", None, widget="hidden")


class NeedLine(Line):
    kind: Literal["need"] = "need"
    text: str = ask("需要什么", "What is needed", widget="textarea", min_length=1, max_length=300)
    product: int | None = ask("产品或服务", "Product or service", None, choices=_products, widget="select")
    more: str = _more("客户自己怎么看", "As the customer sees it")


class RequestLine(Line):
    kind: Literal["request"] = "request"
    text: str = _text("客户要求什么", "What the customer asks for")


class SuggestionLine(Line):
    kind: Literal["suggestion"] = "suggestion"
    text: str = _text("客户建议什么", "What the customer suggests")


class ObjectionLine(Line):
    kind: Literal["objection"] = "objection"
    text: str = _text("客户的问题或异议", "The customer's question or objection")
    more: str = _more("怎么回答的", "What we answered")
    code: SettledCode = ask("结果", "State", "open", choices=pairs(SETTLED), widget="chips")


class CompetitorLine(Line):
    kind: Literal["competitor"] = "competitor"
    more: str = ask("哪家同行", "Which competitor", min_length=1, max_length=120)
    text: str = _text("他们怎么做的", "What they do")


class PromiseLine(Line):
    kind: Literal["promise"] = "promise"
    text: str = ask("答应了什么", "What was promised", widget="textarea", min_length=1, max_length=300)
    due_on: date = ask("哪天之前", "By which day", widget="date")
    owner: int | None = ask(
        "谁负责",
        "Who",
        None,
        of="person",
        widget="person",
        hint=Text("不填为本人", "You, unless you say otherwise"),
    )


class GiftLine(Line):
    kind: Literal["gift"] = "gift"
    item: int = ask("送了什么", "What was given", choices=_items, widget="select")
    number: int = ask("数量", "Quantity", 1, ge=1, le=1000)


class InformationLine(Line):
    kind: Literal["information"] = "information"
    text: str = _text("客户的近况", "News of the customer")


class ConflictLine(Line):
    kind: Literal["conflict"] = "conflict"
    text: str = _text("什么矛盾", "What the conflict is")
    more: str = _more("怎么处理的", "How it was settled")
    code: SettledCode = ask("结果", "State", "open", choices=pairs(SETTLED), widget="chips")


class HelpLine(Line):
    kind: Literal["help"] = "help"
    text: str = _text("给了什么建议或帮助", "What advice or help was given")
    need: int | None = ask("回应哪条需求", "Which need it answers", None, of="need", widget="need")


class TrainingLine(Line):
    kind: Literal["training"] = "training"
    number: int = ask("多少分钟", "Minutes", ge=1, le=600)
    text: str = _text("讲了什么", "Topic")


class ProblemLine(Line):
    kind: Literal["problem"] = "problem"
    text: str = _text("什么问题", "What the problem is")
    more: str = _more("我们的办法", "What we propose")
    code: SettledCode = ask("结果", "State", "open", choices=pairs(SETTLED), widget="chips")


class TopicLine(Line):
    kind: Literal["topic"] = "topic"
    text: str = _text("谈了什么", "What was talked about")


class ProspectLine(Line):
    kind: Literal["prospect"] = "prospect"
    text: str = ask("准客户名称", "Name of the prospect", min_length=1, max_length=120)
    contact: str = ask("联系人", "Contact", "", max_length=60)
    phone: str = ask("电话", "Telephone", "", widget="phone", max_length=60)


class SiteCheckLine(Line):
    kind: Literal["site_check"] = "site_check"
    checks: list[Literal["logo", "material", "tidiness"]] = ask(
        "现场情况", "On site", [], choices=pairs(SITE_CHECKS), widget="chips", max_length=3
    )
    text: str = ask("缺什么、怎么办", "What is missing, and what to do", "", max_length=500)


AnyLine = Annotated[
    NeedLine
    | RequestLine
    | SuggestionLine
    | ObjectionLine
    | CompetitorLine
    | PromiseLine
    | GiftLine
    | InformationLine
    | ConflictLine
    | HelpLine
    | TrainingLine
    | ProblemLine
    | TopicLine
    | ProspectLine
    | SiteCheckLine,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class LineKind:
    """How a kind of line is asked for and shown."""

    code: str
    label: Text
    icon: str
    form: type[Line]


def _kind(code: str, zh: str, en: str, icon: str, form: type[Line]) -> tuple[str, LineKind]:
    return code, LineKind(code, Text(zh, en), icon, form)


LINES: dict[str, LineKind] = dict(
    [
        _kind("need", "需求", "Need", "target", NeedLine),
        _kind("information", "情况", "News", "info", InformationLine),
        _kind("objection", "异议", "Objection", "message-square", ObjectionLine),
        _kind("promise", "承诺", "Promise", "hand-helping", PromiseLine),
        _kind("request", "要求", "Request", "flag", RequestLine),
        _kind("suggestion", "建议", "Suggestion", "sparkles", SuggestionLine),
        _kind("help", "指导帮助", "Help", "heart-handshake", HelpLine),
        _kind("training", "培训", "Training", "book-open", TrainingLine),
        _kind("problem", "问题", "Problem", "wrench", ProblemLine),
        _kind("conflict", "矛盾", "Conflict", "scale", ConflictLine),
        _kind("competitor", "竞品", "Competitor", "eye", CompetitorLine),
        _kind("gift", "礼品", "Gift", "gift", GiftLine),
        _kind("topic", "话题", "Topic", "list", TopicLine),
        _kind("prospect", "准客户", "Prospect", "user-plus", ProspectLine),
        _kind("site_check", "现场", "Site", "clipboard-check", SiteCheckLine),
    ]
)
"""In the order of the chips."""

NEEDS, INFORMATION, CONFLICTS, HELP = (
    ("need",),
    ("information",),
    ("conflict",),
    ("help", "training", "problem"),
)
"""Which kinds answer which of a report's four tasks."""


def count(kinds: tuple[str, ...], lines: Any) -> int:
    """How many of these lines are of one of these kinds."""
    return sum(1 for line in lines if line.kind in kinds)

"""Fact kinds of customers. Codes, ids and derived values stand in `fields`; names and free text in `texts`."""

from collections.abc import Mapping
from typing import Any

from guanxi.platform.kernel import FactKind, Text, fact_kind
from guanxi.platform.ownfields.facts import converted_kind
from guanxi.platform.ownfields.values import fact_fields

from . import facts_addresses as _addresses  # noqa: F401 (declares what is remembered of addresses)
from . import facts_competitors as _competitors  # noqa: F401 (declares what is learnt of competitors)
from . import facts_grouping as _grouping  # noqa: F401 (declares what is remembered of groups and tags)
from .attachments import facts as _attachments  # noqa: F401 (declares what is remembered of files)
from .privacy import facts as _privacy  # noqa: F401 (declares what is remembered of erasing)


def _kind(name: str, subject: str, label: Text, **more: object) -> FactKind:
    return fact_kind(FactKind(name, subject, label, **more))  # type: ignore[arg-type]


def _own() -> Mapping[str, str]:
    return fact_fields("customer")


converted_kind("customer", _own)
converted_kind("contact", lambda: fact_fields("contact"))


# --- The account ---------------------------------------------------------------------------------------------------

_kind(
    "customer.created",
    "customer",
    Text("建立客户", "Customer created"),
    fields={
        "kinds": "list[str]",
        "grade": "str?",
        "credit": "str?",
        "manager": "ref?",
        "department": "ref?",
        "area": "str",
        "key": "bool",
        "active": "bool",
        "source": "str",
        "card_percent": "int",
        "card_valid": "bool?",
        "visit": "ref?",
    },
    texts=("name", "changes"),
    sets={
        "grade": "grade",
        "credit": "credit",
        "manager": "manager",
        "department": "department",
        "area": "area",
        "key": "key",
        "active": "active",
        "kinds": "kinds",
        "card_percent": "card_percent",
        "card_valid": "card_valid",
    },
    more=_own,
    sentence=Text("建立客户“{name}”，来源：{source}", "Created “{name}”, source: {source}"),
    icon="building-2",
)
_kind(
    "customer.updated",
    "customer",
    Text("更新客户资料", "Customer updated"),
    fields={
        "changed": "list[str]",
        "kinds": "list[str]",
        "area": "str",
        "key": "bool",
        "card_percent": "int",
        "card_valid": "bool?",
        "version": "int",
    },
    texts=("changes",),
    sets={
        "kinds": "kinds",
        "area": "area",
        "key": "key",
        "card_percent": "card_percent",
        "card_valid": "card_valid",
    },
    more=_own,
    sentence=Text("更新资料：{changed}", "Updated: {changed}"),
    icon="pen-line",
)
_kind(
    "customer.closed",
    "customer",
    Text("停用客户", "Customer closed"),
    fields={"reason_code": "str?", "active": "bool", "open_promises": "int"},
    texts=("reason",),
    sets={"active": "active"},
    sentence=Text("停用客户：{reason_code} {reason}", "Closed: {reason_code} {reason}"),
    icon="archive",
)
_kind(
    "customer.reopened",
    "customer",
    Text("恢复启用客户", "Customer reopened"),
    fields={"active": "bool"},
    texts=("reason",),
    sets={"active": "active"},
    sentence=Text("恢复启用：{reason}", "Reopened: {reason}"),
    icon="refresh-cw",
)
_kind(
    "customer.assigned",
    "customer",
    Text("指派客户", "Customer assigned"),
    fields={"manager": "ref?", "department": "ref?", "before": "ref?"},
    texts=("reason",),
    sets={"manager": "manager", "department": "department"},
    sentence=Text(
        "指派给 {manager}（原 {before}）{reason}", "Assigned to {manager} (before: {before}) {reason}"
    ),
    icon="user-check",
)
_kind(
    "customer.team_changed",
    "customer",
    Text("调整服务团队", "Team changed"),
    fields={"members": "list[ref]", "joined": "list[ref]", "left": "list[ref]"},
    sets={"members": "members"},
    sentence=Text("服务团队：加入 {joined}，退出 {left}", "Team: {joined} joined, {left} left"),
    icon="users",
)
_kind(
    "customer.graded",
    "customer",
    Text("评定等级", "Customer graded"),
    fields={
        "grade": "str?",
        "credit": "str?",
        "before_grade": "str?",
        "before_credit": "str?",
        "by_rule": "bool",
        "cause_given": "bool",
    },
    texts=("reason",),
    sets={"grade": "grade", "credit": "credit"},
    sentence=Text(
        "等级 {before_grade} → {grade}，信用 {before_credit} → {credit}：{reason}",
        "Grade {before_grade} → {grade}, credit {before_credit} → {credit}: {reason}",
    ),
    icon="star",
)
_kind(
    "customer.merged",
    "customer",
    Text("合并客户", "Customers merged"),
    fields={"into": "ref:customer"},
    merges_into="into",
    texts=("name", "other", "reason"),
    sentence=Text("“{name}”并入“{other}”：{reason}", "“{name}” merged into “{other}”: {reason}"),
    icon="copy",
)
_kind(
    "customer.card_confirmed",
    "customer",
    Text("确认关系卡", "Card confirmed"),
    fields={"complete": "bool", "missing": "list[str]", "card_percent": "int", "card_valid": "bool?"},
    sets={"card_percent": "card_percent", "card_valid": "card_valid"},
    sentence=Text("确认关系卡（完整度 {card_percent}%）", "Confirmed the card ({card_percent}% complete)"),
    icon="badge-check",
)
_kind(
    "customer.noted",
    "customer",
    Text("跟踪记录", "Noted"),
    fields={"channel": "str", "kind": "str", "contact": "ref?", "prospect": "bool?"},
    texts=("text",),
    sentence=Text("{kind}：{text}", "{kind}: {text}"),
    icon="message-square",
)
_kind(
    "customer.looked_at",
    "customer",
    Text("查阅重点客户", "Key customer looked at"),
    fields={"where": "str", "count": "int"},
    sentence=Text("审计查阅（{where}）", "Looked at by the auditor ({where})"),
    icon="eye",
    on_timeline=False,
)

# --- Credit, and how it is looked after ----------------------------------------------------------------------------

_kind(
    "credit.happened",
    "credit_event",
    Text("信用事件", "Credit event"),
    fields={
        "event": "ref",
        "credit_kind": "str",
        "before_credit": "str?",
        "credit": "str?",
        "regraded": "bool",
        "down": "bool",
        "happened_on": "date",
        "has_cause": "bool",
        "cause_code": "str",
    },
    texts=("detail", "cause"),
    sentence=Text("{credit_kind}：{detail} {cause}", "{credit_kind}: {detail} {cause}"),
    icon="scale",
)
_kind(
    "credit.explained",
    "credit_event",
    Text("查明信用变动原因", "Cause of a credit change found"),
    fields={"event": "ref", "cause_code": "str"},
    texts=("detail", "cause"),
    sentence=Text("{detail}——原因：{cause_code}，{cause}", "{detail}: caused by {cause_code}, {cause}"),
    icon="search",
)
_kind(
    "credit.told",
    "credit_event",
    Text("告知信用下调", "Told of a downgrade"),
    fields={"event": "ref", "person": "ref"},
    sentence=Text("信用下调，已告知 {person}", "Credit downgraded; {person} was told"),
    icon="bell",
)
_kind(
    "customer.reviewed",
    "customer",
    Text("复核维护计划", "Reviewed how it is looked after"),
    fields={"because": "list[str]", "decision": "str"},
    texts=("text",),
    sentence=Text("复核（{because}）：{decision}。{text}", "Reviewed ({because}): {decision}. {text}"),
    icon="clipboard-check",
)

# --- People at the customer ----------------------------------------------------------------------------------------

_CONTACT = {
    "contact": "ref",
    "has_post": "bool",
    "decision_role": "str",
    "has_birthday": "bool",
    "channel": "str",
    "primary": "bool",
}


def _without_birthday(data: dict[str, Any]) -> dict[str, Any]:
    """Month and day stood in the chain once, where nothing can be erased."""
    return {"has_birthday": bool(data.pop("birthday_md", None)), **data}


_SECOND: dict[str, Any] = {"version": 2, "upcast": {1: _without_birthday}}
_kind(
    "contact.added",
    "contact",
    Text("新增联系人", "Contact added"),
    fields=_CONTACT,
    texts=("name", "changes"),
    sets={"decision_role": "decision_role", "channel": "channel"},
    **_SECOND,
    sentence=Text("新增联系人 {name}", "Added contact {name}"),
    icon="user-plus",
)
_kind(
    "contact.updated",
    "contact",
    Text("更新联系人", "Contact updated"),
    fields={**_CONTACT, "changed": "list[str]", "version": "int"},
    texts=("name", "changes"),
    sets={"decision_role": "decision_role", "channel": "channel"},
    **_SECOND,
    sentence=Text("更新联系人 {name}：{changed}", "Updated contact {name}: {changed}"),
    icon="user",
)
_kind(
    "contact.left",
    "contact",
    Text("联系人离开", "Contact left"),
    fields={**_CONTACT, "active": "bool"},
    texts=("name", "reason"),
    sets={"active": "active"},
    **_SECOND,
    sentence=Text("联系人 {name} 已离开：{reason}", "Contact {name} left: {reason}"),
    icon="log-out",
)

_kind(
    "contact.consented",
    "contact",
    Text("联系许可", "Consent to be reached"),
    fields={
        "contact": "ref",
        "channels": "list[str]",
        "consent": "str",
        "consent_how": "str",
        "said_on": "date",
        "has_evidence": "bool",
    },
    texts=("name", "evidence", "before"),
    sentence=Text(
        "联系许可：{name}，{channels}，{consent}（{consent_how}）{evidence}",
        "Consent of {name}: {channels}, {consent} ({consent_how}) {evidence}",
    ),
    icon="shield-check",
)

_kind(
    "contact.merged",
    "contact",
    Text("合并联系人", "Contacts merged"),
    fields={"into": "ref:contact"},
    merges_into="into",
    texts=("name", "other"),
    sentence=Text("联系人“{name}”并入“{other}”", "Contact “{name}” merged into “{other}”"),
    icon="copy",
)
_kind(
    "contact.moved",
    "contact",
    Text("联系人换了单位", "Contact changed company"),
    fields={
        "contact": "ref",
        "there": "ref?",
        "entered": "bool",
        "left_on": "date",
        "employments": "list[ref]",
    },
    texts=("name", "employer", "post"),
    sentence=Text(
        "联系人 {name} 换了单位：{employer} {post}", "Contact {name} changed company: {employer} {post}"
    ),
    icon="log-out",
)
_kind(
    "contact.employed",
    "contact",
    Text("任职经历", "Employment"),
    fields={"contact": "ref", "employments": "list[ref]", "dropped": "bool"},
    texts=("name", "employer", "post", "since", "until"),
    sentence=Text("任职经历：{name}，{employer} {post}", "Employment of {name}: {employer} {post}"),
    icon="history",
)

# --- Needs, approaches, promises -----------------------------------------------------------------------------------

_kind(
    "need.recorded",
    "need",
    Text("记录需求", "Need recorded"),
    fields={"need": "ref", "product": "ref?", "source": "str", "has_customer_view": "bool", "visit": "ref?"},
    texts=("what", "customer_view", "our_view"),
    sets={"product": "product", "source": "source"},
    sentence=Text("需求：{what}（{source}）", "Need: {what} ({source})"),
    icon="sparkles",
)
_kind(
    "need.confirmed",
    "need",
    Text("确认需求仍在", "Need confirmed"),
    fields={"need": "ref", "visit": "ref?"},
    texts=("what",),
    sentence=Text("确认需求仍在：{what}", "Need still holds: {what}"),
    icon="check",
)
_kind(
    "need.closed",
    "need",
    Text("需求结束", "Need closed"),
    fields={"need": "ref", "outcome": "str"},
    texts=("what", "reason"),
    sentence=Text("需求结束（{outcome}）：{what} {reason}", "Need closed ({outcome}): {what} {reason}"),
    icon="circle-check",
)
_kind(
    "approach.recorded",
    "approach",
    Text("接触方案", "Approach recorded"),
    fields={"way": "str", "approach": "ref", "has_result": "bool"},
    texts=("event", "person", "result"),
    sentence=Text("接触：{way} {event} {person}，{result}", "Approach: {way} {event} {person}, {result}"),
    icon="handshake",
)
_OBJECTION = {"objection": "ref", "answered": "bool", "helped": "bool", "objection_state": "str"}
_kind(
    "objection.raised",
    "objection",
    Text("提出异议", "Objection raised"),
    fields={**_OBJECTION, "product": "ref?", "contact": "ref?", "visit": "ref?"},
    texts=("what", "answer", "help"),
    sets={"objection_state": "objection_state"},
    sentence=Text(
        "异议：{what}（{objection_state}）{answer}", "Objection: {what} ({objection_state}) {answer}"
    ),
    icon="message-square",
)
_kind(
    "objection.answered",
    "objection",
    Text("答复异议", "Objection answered"),
    fields=_OBJECTION,
    texts=("what", "answer", "help", "changes"),
    sets={"objection_state": "objection_state"},
    sentence=Text(
        "答复异议（{objection_state}）：{what}——{answer} {help}",
        "Objection answered ({objection_state}): {what}: {answer} {help}",
    ),
    icon="message-square",
)
_PROMISE = {"promise": "ref", "owner": "ref"}
_kind(
    "promise.made",
    "promise",
    Text("作出承诺", "Promise made"),
    fields={**_PROMISE, "due": "timestamp", "due_on": "date", "visit": "ref?"},
    texts=("what",),
    sets={"owner": "owner", "due": "due", "due_on": "due_on"},
    sentence=Text("承诺：{what}，{owner}于 {due} 前完成", "Promised: {what}, {owner} by {due}"),
    icon="hand-helping",
)
_kind(
    "promise.kept",
    "promise",
    Text("兑现承诺", "Promise kept"),
    fields={**_PROMISE, "on_time": "bool", "told": "bool"},
    texts=("what", "note"),
    sentence=Text("已兑现：{what} {note}", "Kept: {what} {note}"),
    icon="circle-check",
)
_kind(
    "promise.moved",
    "promise",
    Text("承诺改期", "Promise moved"),
    fields={**_PROMISE, "due": "timestamp", "due_on": "date", "before": "timestamp"},
    texts=("what", "reason"),
    sets={"owner": "owner", "due": "due", "due_on": "due_on"},
    sentence=Text(
        "承诺改期：{what}，{before} → {due}：{reason}", "Moved: {what}, {before} → {due}: {reason}"
    ),
    icon="calendar",
)
_kind(
    "promise.withdrawn",
    "promise",
    Text("撤回承诺", "Promise withdrawn"),
    fields=_PROMISE,
    texts=("what", "reason"),
    sentence=Text("撤回承诺：{what}：{reason}", "Withdrawn: {what}: {reason}"),
    icon="undo-2",
)

# --- Registers and the kit -----------------------------------------------------------------------------------------

_kind(
    "material.issued",
    "item",
    Text("领用物资", "Material issued"),
    fields={
        "item": "ref",
        "quantity": "int",
        "visit": "ref?",
        "contact": "ref?",
        "gift": "bool",
        "kind": "str",
        "value_fen": "int",
    },
    texts=("name", "note"),
    sentence=Text("领用 {name} × {quantity} {note}", "Issued {quantity} × {name} {note}"),
    icon="package",
)
_kind(
    "material.given_back",
    "item",
    Text("物资退回", "Material back"),
    fields={"item": "ref", "quantity": "int", "contact": "ref?", "gift": "bool"},
    texts=("name", "note"),
    sentence=Text("退回库存 {name} × {quantity} {note}", "Back into stock {quantity} × {name} {note}"),
    icon="undo-2",
)
_kind(
    "stock.received",
    "item",
    Text("物资入库", "Stock received"),
    fields={"item": "ref", "quantity": "int", "balance": "int"},
    texts=("name", "note"),
    sentence=Text(
        "入库 {name} × {quantity}，结存 {balance}", "Received {quantity} × {name}, {balance} in stock"
    ),
    icon="package",
)
_kind(
    "stock.saved",
    "item",
    Text("维护物资", "Stock item saved"),
    fields={"item": "ref", "kind": "str", "active": "bool"},
    texts=("name", "changes"),
    sentence=Text("维护物资 {name}", "Saved stock item {name}"),
    icon="package",
)
_kind(
    "product.saved",
    "product",
    Text("维护产品", "Product saved"),
    fields={"product": "ref", "kind": "str", "active": "bool"},
    texts=("name", "changes"),
    sentence=Text("维护产品 {name}", "Saved product {name}"),
    icon="tag",
)
_kind(
    "promotion.saved",
    "promotion",
    Text("维护促销政策", "Promotion saved"),
    fields={
        "promotion": "ref",
        "month": "str",
        "starts_on": "date",
        "ends_on": "date",
        "audience": "str",
        "narrowed": "bool",
        "active": "bool",
    },
    texts=("title", "reason", "changes"),
    sets={"month": "month", "active": "active"},
    sentence=Text("促销政策“{title}”（{month}）", "Promotion “{title}” ({month})"),
    icon="send",
)

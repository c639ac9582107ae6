"""The codes that rows and facts hold, each with its words. A code is kept for ever; its words may change."""

from __future__ import annotations

from typing import Literal

from guanxi.platform.kernel import Text

Pairs = list[tuple[str, Text]]

KindCode = Literal["company", "tenant", "datacentre", "prospect", "supplier"]
KINDS: dict[str, Text] = {
    "company": Text("企业客户", "Company"),
    "tenant": Text("租户", "Tenant"),
    "datacentre": Text("数据中心客户", "Data-centre customer"),
    "prospect": Text("准客户", "Prospect"),
    "supplier": Text("供应商", "Supplier"),
}
GradeCode = Literal["", "A", "B", "C"]
GRADES: dict[str, Text] = {"A": Text("A", "A"), "B": Text("B", "B"), "C": Text("C", "C")}
CreditCode = Literal["", "A", "B", "C", "D"]
CREDITS: dict[str, Text] = {**GRADES, "D": Text("D", "D")}
LeaningCode = Literal["strength", "weakness", "neutral"]
LEANINGS: dict[str, Text] = {
    "strength": Text("他们的长处", "A strength of theirs"),
    "weakness": Text("他们的短处", "A weakness of theirs"),
    "neutral": Text("其他动向", "Something else"),
}
ObservedCode = Literal["visit", "call", "customer", "event", "web", "media", "other"]
OBSERVED: dict[str, Text] = {
    "visit": Text("拜访", "Visit"),
    "call": Text("电话", "Call"),
    "customer": Text("客户告知", "The customer said so"),
    "event": Text("展会或活动", "Fair or event"),
    "web": Text("网络", "Online"),
    "media": Text("媒体", "Media"),
    "other": Text("其他", "Other"),
}
AddressCode = Literal["registered", "office", "delivery", "billing", "site", "other"]
ADDRESSES: dict[str, Text] = {
    "registered": Text("注册地址", "Registered office"),
    "office": Text("办公地址", "Office"),
    "delivery": Text("收货地址", "Deliveries"),
    "billing": Text("开票地址", "Invoices"),
    "site": Text("现场地址", "Site"),
    "other": Text("其他地址", "Other address"),
}
ServiceCode = Literal["", "served", "serving", "prospect", "referred"]
SERVICES: dict[str, Text] = {
    "served": Text("已服务", "Served"),
    "serving": Text("服务中", "In service"),
    "prospect": Text("准客户", "Prospect"),
    "referred": Text("转介绍", "Referred"),
}
"""The four service classes of R3.4.1."""
GROUP_CHANGES: dict[str, Text] = {
    "set": Text("已设定", "set"),
    "changed": Text("已更改", "changed"),
    "cleared": Text("已取消", "taken away"),
}
SourceCode = Literal[
    "manual", "visit", "import", "referral", "event", "web", "call", "meeting", "wechat", "email", "other"
]
SOURCES: dict[str, Text] = {
    "manual": Text("自行录入", "Entered by hand"),
    "visit": Text("拜访", "Visit"),
    "import": Text("导入", "Import"),
    "referral": Text("转介绍", "Referral"),
    "event": Text("展会或活动", "Fair or event"),
    "web": Text("网络", "Online"),
    "call": Text("电话", "Call"),
    "meeting": Text("会面", "Meeting"),
    "wechat": Text("微信", "WeChat"),
    "email": Text("邮件", "E-mail"),
    "other": Text("其他", "Other"),
}
ACCOUNT_SOURCES = ("manual", "visit", "referral", "event", "web", "import", "other")
NEED_SOURCES = ("visit", "call", "meeting", "wechat", "email", "event", "other")
CoordinatesCode = Literal["gcj02", "wgs84"]
COORDINATES: dict[str, Text] = {
    "gcj02": Text("GCJ-02（高德、腾讯地图）", "GCJ-02 (Amap, Tencent)"),
    "wgs84": Text("WGS84（GPS）", "WGS84 (GPS)"),
}
RoleCode = Literal["", "decides", "influences", "uses", "unknown"]
DECISION_ROLES: dict[str, Text] = {
    "decides": Text("拍板", "Decides"),
    "influences": Text("影响决策", "Influences"),
    "uses": Text("使用者", "Uses"),
    "unknown": Text("还不清楚", "Not known yet"),
}
ChannelCode = Literal["", "phone", "wechat", "sms", "email", "visit", "post"]
CHANNELS: dict[str, Text] = {
    "phone": Text("电话", "Telephone"),
    "wechat": Text("微信", "WeChat"),
    "sms": Text("短信", "SMS"),
    "email": Text("邮件", "E-mail"),
    "visit": Text("登门", "Visit"),
    "post": Text("信函", "Letter"),
}
MotiveCode = Literal["price", "quality", "delivery", "risk", "results", "recognition", "relations", "ease"]
MOTIVES: dict[str, Text] = {
    "price": Text("价格", "Price"),
    "quality": Text("品质", "Quality"),
    "delivery": Text("交期", "Delivery"),
    "risk": Text("稳妥", "No risk"),
    "results": Text("业绩", "Results"),
    "recognition": Text("认可", "Recognition"),
    "relations": Text("关系", "Relations"),
    "ease": Text("省事", "Little effort"),
}
"""What drives somebody. Each is a bit of `Contact.motive_bits`, in this order: new ones go to the end."""
ConsentChannelCode = Literal["phone", "sms", "wechat", "email", "post"]
CONSENT_CHANNELS = ("phone", "sms", "wechat", "email", "post")
ConsentCode = Literal["given", "withdrawn", "unknown"]
CONSENTS: dict[str, Text] = {
    "given": Text("已同意", "Given"),
    "withdrawn": Text("不同意或已撤回", "Refused or withdrawn"),
    "unknown": Text("未征询", "Not asked"),
}
ConsentHowCode = Literal["spoken", "paper", "message", "online", "other"]
CONSENT_HOW: dict[str, Text] = {
    "spoken": Text("口头", "Spoken"),
    "paper": Text("书面", "On paper"),
    "message": Text("微信、短信或邮件", "By message or e-mail"),
    "online": Text("网上", "Online"),
    "other": Text("其他", "Other"),
}
NoteCode = Literal["call", "wechat", "email", "meeting", "care", "other"]
NOTE_KINDS: dict[str, Text] = {
    "call": Text("电话", "Call"),
    "wechat": Text("微信", "WeChat"),
    "email": Text("邮件", "E-mail"),
    "meeting": Text("会面", "Meeting"),
    "care": Text("关怀", "Care"),
    "other": Text("备注", "Note"),
}
NOTE_CHANNEL = {
    "call": "phone",
    "wechat": "wechat",
    "email": "email",
    "meeting": "meeting",
    "care": "care",
    "other": "",
}
"""The way in which a note reached the customer; '' where it did not."""
CloseCode = Literal["lost", "out_of_business", "moved", "duplicate", "invalid", "other"]
CLOSE_REASONS: dict[str, Text] = {
    "lost": Text("已流失", "Lost"),
    "out_of_business": Text("已停业", "Out of business"),
    "moved": Text("已迁出", "Moved away"),
    "duplicate": Text("重复建档", "Entered twice"),
    "invalid": Text("资料无效", "Not a real customer"),
    "other": Text("其他", "Other"),
}
WayCode = Literal["association", "fair", "leaders", "introduction", "other"]
WAYS: dict[str, Text] = {
    "association": Text("当地行业协会", "Local association"),
    "fair": Text("展会", "Trade fair"),
    "leaders": Text("拜会其领导", "Meeting with their leaders"),
    "introduction": Text("熟人引荐", "Introduction"),
    "other": Text("其他", "Other"),
}
NeedEndCode = Literal["met", "declined", "gone"]
NEED_ENDS: dict[str, Text] = {
    "met": Text("已满足", "Met"),
    "declined": Text("我方不做", "We declined"),
    "gone": Text("不再需要", "No longer needed"),
}
ObjectionCode = Literal["open", "settled"]
OBJECTIONS: dict[str, Text] = {
    "open": Text("未解决", "Open"),
    "settled": Text("已解决", "Settled"),
}
CreditEventCode = Literal["late", "default", "settled", "limit", "news", "regraded"]
CREDIT_EVENTS: dict[str, Text] = {
    "late": Text("回款延迟", "Paid late"),
    "default": Text("拖欠未付", "Did not pay"),
    "settled": Text("欠款结清", "Settled its debts"),
    "limit": Text("额度调整", "Limit changed"),
    "news": Text("信用消息", "News about its credit"),
    "regraded": Text("信用等级变动", "Credit regraded"),
}
EraseCode = Literal["request", "withdrawn", "over", "period", "wrong"]
ERASE_REASONS: dict[str, Text] = {
    "request": Text("本人要求", "They asked for it"),
    "withdrawn": Text("撤回同意", "Consent withdrawn"),
    "over": Text("处理目的已实现或无法实现", "Its purpose is met, or cannot be met"),
    "period": Text("保存期限已满", "The retention period is over"),
    "wrong": Text("误录、不应收集", "Entered by mistake, or never to be collected"),
}
CauseCode = Literal["cash", "market", "management", "dispute", "ours", "other"]
CAUSES: dict[str, Text] = {
    "cash": Text("资金周转", "Cash flow"),
    "market": Text("行业或市场", "Its market"),
    "management": Text("经营或人事变动", "Its management or people"),
    "dispute": Text("与我方有争议", "A dispute with us"),
    "ours": Text("我方原因", "Our own fault"),
    "other": Text("其他", "Other"),
}
ReviewCode = Literal["keep", "more", "less", "change", "hand_over"]
REVIEWS: dict[str, Text] = {
    "keep": Text("维持现有做法", "Go on as before"),
    "more": Text("加强联系", "More contact"),
    "less": Text("减少投入", "Less effort"),
    "change": Text("改变做法", "Change the way"),
    "hand_over": Text("建议换人负责", "Somebody else should look after it"),
}
BecauseCode = Literal["grade", "credit", "contact", "silence", "other"]
BECAUSE: dict[str, Text] = {
    "grade": Text("等级变动", "Its grade changed"),
    "credit": Text("信用变动", "Its credit changed"),
    "contact": Text("关键联系人离开", "A contact who decides left"),
    "silence": Text("久未联系", "Long silence"),
    "other": Text("其他", "Other"),
}
ProductCode = Literal["product", "service"]
PRODUCT_KINDS: dict[str, Text] = {
    "product": Text("产品", "Product"),
    "service": Text("服务", "Service"),
}
AudienceCode = Literal["all", "company", "tenant", "datacentre", "prospect"]
AUDIENCES: dict[str, Text] = {"all": Text("全部在册客户", "All active customers")} | {
    code: KINDS[code] for code in ("company", "tenant", "datacentre", "prospect")
}
ItemCode = Literal["brochure", "card", "promotional", "gift", "tool", "sample"]
ITEM_KINDS: dict[str, Text] = {
    "brochure": Text("企业宣传资料", "Brochures"),
    "card": Text("名片", "Business cards"),
    "promotional": Text("宣传品", "Promotional items"),
    "gift": Text("馈赠礼品", "Gifts"),
    "tool": Text("客户记录工具", "Record tools"),
    "sample": Text("样品", "Samples"),
}

FIELDS: dict[str, Text] = {
    "name": Text("名称", "Name"),
    "short_name": Text("简称", "Short name"),
    "kinds": Text("类别", "Kinds"),
    "credit_code": Text("统一社会信用代码", "Credit code"),
    "phone": Text("电话", "Telephone"),
    "email": Text("电子邮箱", "E-mail"),
    "website": Text("网址", "Website"),
    "address": Text("地址", "Address"),
    "area": Text("所在区域", "Area"),
    "lon": Text("经度", "Longitude"),
    "lat": Text("纬度", "Latitude"),
    "coordinates": Text("坐标系", "Coordinates"),
    "position": Text("地图位置", "Map position"),
    "source": Text("来源", "Source"),
    "note": Text("备注", "Note"),
    "address_kind": Text("用途", "Purpose"),
    "parent": Text("上级单位", "Parent company"),
    "service": Text("服务类别", "Service class"),
    "tags": Text("标签", "Tags"),
    "active": Text("在用", "In use"),
    "grade": Text("客户等级", "Grade"),
    "credit": Text("信用等级", "Credit grade"),
    "manager": Text("负责人", "Looked after by"),
    "department": Text("部门", "Department"),
    "key": Text("重点客户", "Key customer"),
    "post": Text("职务", "Post"),
    "decision_role": Text("决策角色", "Decision role"),
    "birthday": Text("生日", "Birthday"),
    "wechat": Text("微信", "WeChat"),
    "channel": Text("常用联系方式", "Preferred channel"),
    "matters": Text("看重之事", "What matters"),
    "motives": Text("动机", "What drives them"),
    "answer": Text("我方答复", "Our answer"),
    "help": Text("给予的帮助", "Help given"),
    "state": Text("状态", "State"),
    "primary": Text("主要联系人", "Main contact"),
    "contacts": Text("联系人", "Contacts"),
    "contact": Text("联系方式", "Way to reach"),
    "employer": Text("单位", "Employer"),
    "confirmed_on": Text("最近确认日期", "Last confirmed"),
    "version": Text("版本", "Version"),
}

OF_PERSON: dict[str, Text] = {
    "name": Text("姓名", "Name"),
    "unit": Text("部门", "Department"),
}
"""Fields that are called otherwise where they are a person's."""

CODES: dict[str, dict[str, Text]] = {
    "kinds": KINDS,
    "grade": GRADES,
    "credit": CREDITS,
    "scan": {"clean": Text("扫描无异常", "found clean"), "failed": Text("扫描没有成功", "the scan failed")},
    "source": SOURCES | {code: OBSERVED[code] for code in ("customer", "media")},
    "leaning": LEANINGS,
    "address_kind": ADDRESSES,
    "service": SERVICES,
    "group_change": GROUP_CHANGES,
    "coordinates": COORDINATES,
    "decision_role": DECISION_ROLES,
    "channel": CHANNELS | {"meeting": NOTE_KINDS["meeting"], "care": NOTE_KINDS["care"]},
    "way": WAYS,
    "reason_code": CLOSE_REASONS,
    "outcome": NEED_ENDS,
    "audience": AUDIENCES,
    "kind": NOTE_KINDS,
    "credit_kind": CREDIT_EVENTS,
    "cause_code": CAUSES,
    "decision": REVIEWS,
    "because": BECAUSE,
    "erase_reason": ERASE_REASONS,
    "objection_state": OBJECTIONS,
    "state": OBJECTIONS,
    "motives": MOTIVES,
    "channels": CHANNELS,
    "consent": CONSENTS,
    "consent_how": CONSENT_HOW,
}
"""Which words a field's code stands for, for timelines and lists of changes."""

YES, NO = Text("是", "yes"), Text("否", "no")


def declare(fields: dict[str, Text], codes: dict[str, dict[str, Text]]) -> None:
    """What the fields and codes of another domain's rows are called, where they stand in a customer's timeline."""
    clash = [name for name, words in fields.items() if FIELDS.get(name, words) != words]
    clash += [name for name, words in codes.items() if CODES.get(name, words) != words]
    if clash:
        raise ValueError(f"{clash[0]} is called otherwise already")
    FIELDS.update(fields)
    CODES.update(codes)


TWIN_STATES: dict[str, Text] = {
    "open": Text("待判定", "to be decided"),
    "apart": Text("不是同一家", "not the same"),
}


def pairs(words: dict[str, Text], only: tuple[str, ...] = ()) -> Pairs:
    """(code, words) as forms take them."""
    return [(code, words[code]) for code in (only or words)]


def said(field: str, value: object) -> Text:
    """A field's value in words: a code by its name, a flag as yes or no, anything else as it is."""
    if isinstance(value, bool):
        return YES if value else NO
    if field == "birthday":  # kept as --03-05 where the year is not known
        return Text.of(str(value or "").removeprefix("--"))
    known = CODES.get(field, {})
    if isinstance(value, list):
        found = [known.get(str(v), Text.of(v)) for v in value]
        return Text("、".join(t.zh for t in found), ", ".join(t.en for t in found))
    return known.get(str(value), Text.of("" if value is None else value))


def with_more(what: str, *more: object) -> Text:
    """寄样册（林晓，03-09）, Samples (Lin, 03-09): what it is, and more of it in brackets."""
    return Text(f"{what}（{'，'.join(map(str, more))}）", f"{what} ({', '.join(map(str, more))})")

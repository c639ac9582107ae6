"""The codes that visits keep, each with its words. A code is kept for ever; its words may change."""

from __future__ import annotations

from typing import Literal

from guanxi.domains.customers.words import declare
from guanxi.platform.kernel import Text

PurposeCode = Literal[
    "", "first", "routine", "needs", "proposal", "objection", "fulfilment", "festival", "other"
]
PURPOSES: dict[str, Text] = {
    "first": Text("首次拜访", "First visit"),
    "routine": Text("例行回访", "Routine visit"),
    "needs": Text("需求沟通", "Learn the needs"),
    "proposal": Text("方案推介", "Present a proposal"),
    "objection": Text("异议处理", "Settle an objection"),
    "fulfilment": Text("履约回访", "Follow up on delivery"),
    "festival": Text("节日问候", "Festival greeting"),
    "other": Text("其他", "Other"),
}

STATES: dict[str, Text] = {
    "planned": Text("已计划", "planned"),
    "confirmed": Text("已确认", "confirmed"),
    "checked_in": Text("已签到", "checked in"),
    "completed": Text("已签出", "checked out"),
    "reported": Text("已报告", "reported"),
    "not_met": Text("未见到人", "nobody met"),
    "annulled": Text("已取消", "cancelled"),
    "brought": Text("已导入（以往）", "brought in"),
}

PLANNING, REPORTING = "plan", "report"
OWN_STEPS: dict[str, Text] = {
    PLANNING: Text("计划拜访时", "When the visit is planned"),
    REPORTING: Text("写报告时", "In the report"),
}
"""The steps of a visit at which fields of the company's own are asked for."""

CancelCode = Literal["customer_asked", "conflict", "ill", "moved", "duplicate", "other"]
CANCEL_REASONS: dict[str, Text] = {
    "customer_asked": Text("客户要求取消", "The customer asked for it"),
    "conflict": Text("时间冲突", "Clash of dates"),
    "ill": Text("生病", "Illness"),
    "moved": Text("改为其他方式联系", "Spoken to in another way"),
    "duplicate": Text("重复计划", "Planned twice"),
    "other": Text("其他", "Other"),
}

SECTIONS: dict[str, Text] = {
    "skill": Text("拜访技巧", "Visiting skills"),
    "appearance": Text("仪容仪表", "Appearance"),
    "arrival": Text("到访礼仪", "On arrival"),
}
SectionCode = Literal["skill", "appearance", "arrival"]

SETTLED: dict[str, Text] = {"open": Text("未解决", "Open"), "settled": Text("已解决", "Settled")}
SettledCode = Literal["open", "settled"]

SITE_CHECKS: dict[str, Text] = {
    "logo": Text("标识完整", "Logo complete"),
    "material": Text("宣传物料完整", "Advertising material complete"),
    "tidiness": Text("环境整洁", "Surroundings clean and tidy"),
}


declare(
    {
        "purpose": Text("拜访目的", "Purpose"),
        "target": Text("预期结果", "Target outcome"),
        "summary": Text("经过", "Summary"),
        "met": Text("接待人", "Contact met"),
        "next_on": Text("下次拜访日期", "Next visit"),
    },
    {"purpose": PURPOSES},
)


def pairs(words: dict[str, Text]) -> list[tuple[str, Text]]:
    """(code, words) as forms take them."""
    return list(words.items())

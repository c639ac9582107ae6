"""Who works at the demo company, and how each of them keeps the regulations."""

from __future__ import annotations

from dataclasses import dataclass

COMPANY = "恒信智造股份有限公司"
SERVICE = "客户服务部"
TEAMS = {"杭州": "杭州客户组", "宁波": "宁波客户组", "苏州": "苏州客户组"}

DEPARTMENTS: tuple[tuple[str, str, str], ...] = (
    ("总经办", "", "GM"),
    (SERVICE, "", "CS"),
    ("杭州客户组", SERVICE, "CS-HZ"),
    ("宁波客户组", SERVICE, "CS-NB"),
    ("苏州客户组", SERVICE, "CS-SZ"),
    ("市场部", "", "MK"),
    ("营运部", "", "OP"),
    ("资材部", "", "MT"),
    ("技术中心", "", "TC"),
    ("信息与审计室", "", "IA"),
)
"""(name, name of the one above or '' for the company, code)."""


@dataclass(frozen=True, slots=True)
class Staff:
    """One of the staff. heads: the department they lead."""

    username: str
    name: str
    department: str
    post: str
    roles: tuple[str, ...]
    heads: str = ""


STAFF: tuple[Staff, ...] = (
    Staff("wu", "吴安", "信息与审计室", "信息主管", ("administrator",), "信息与审计室"),
    Staff("chen", "陈建国", "", "总经理", ("general_manager",)),
    Staff("wang", "王敏", SERVICE, "客户服务部经理", ("service_manager",), SERVICE),
    Staff("shen", "沈若兰", "杭州客户组", "客户服务经理", ("customer_service_manager",), "杭州客户组"),
    Staff("zhao", "赵磊", "杭州客户组", "客户经理", ("account_manager",)),
    Staff("lin", "林晓", "杭州客户组", "客户关系专员", ("relationship_specialist",)),
    Staff("he", "何俊峰", "宁波客户组", "客户经理", ("account_manager",), "宁波客户组"),
    Staff("zheng", "郑雨桐", "宁波客户组", "客户专员", ("customer_specialist",)),
    Staff("lu", "陆明", "宁波客户组", "销售代表", ("salesperson",)),
    Staff("gu", "顾思远", "苏州客户组", "客户经理", ("account_manager",), "苏州客户组"),
    Staff("xu", "徐静怡", "苏州客户组", "客户服务专员", ("service_staff",)),
    Staff("tang", "唐宁", "苏州客户组", "客户关系管理专员", ("relationship_staff",)),
    Staff("song", "宋立群", "", "副总经理", ("leader",)),
    Staff("fang", "方雅琴", "总经办", "总经办主任", ("gm_office", "dedicated_person"), "总经办"),
    Staff("yu", "余文静", "总经办", "行政专员", ("seal_keeper", "named_person")),
    Staff("luo", "罗嘉", "市场部", "市场主管", ("market_supervisor",), "市场部"),
    Staff("ma", "马晓峰", "营运部", "营运主管", ("operations",), "营运部"),
    Staff("jiang", "江小雨", "营运部", "前台", ("front_desk",)),
    Staff("qin", "秦大勇", "营运部", "门卫班长", ("gate_guard",)),
    Staff("cao", "曹国栋", "资材部", "资材部部长", ("head_of_materials",), "资材部"),
    Staff("dong", "董佳", "资材部", "采购工程师", ("purchasing",)),
    Staff("ye", "叶知秋", "技术中心", "技术中心主任", ("technology", "design"), "技术中心"),
    Staff("shi", "石磊", "技术中心", "品质工程师", ("quality",)),
    Staff("zhou", "周慎之", "信息与审计室", "审计员", ("auditor",)),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody on the road works; chances from 0 to 1.

    load: visits a working day. same_day, in_time: reports on the day of the visit, or by the deadline; the others are
    late, and `never` of them stays owed. kit: checks the kit. next_date: sets the next date before leaving.
    kept, kept_late: promises; the rest stays open. tries: confirms before everything is ready, and is refused.
    cards: confirms the relationship card at a visit. notes: notes a call on a working day.
    """

    city: str
    load: float
    same_day: float = 0.55
    in_time: float = 0.3
    never: float = 0.1
    kit: float = 0.85
    next_date: float = 0.85
    kept: float = 0.86
    kept_late: float = 0.1
    tries: float = 0.08
    cards: float = 0.2
    notes: float = 0.1


HABITS: dict[str, Habits] = {
    "lin": Habits("杭州", 1.05, 0.9, 0.09, 0.0, 0.98, 0.97, 0.97, 0.03, 0.02, 0.55, 0.25),
    "zhao": Habits("杭州", 0.9, 0.5, 0.38, 0.05),
    "shen": Habits("杭州", 0.35, 0.6, 0.35, 0.0, 0.9, 0.9, 0.93, 0.05, 0.03, 0.3, 0.1),
    "he": Habits("宁波", 0.8, 0.45, 0.35, 0.1, 0.7, 0.75, 0.52, 0.26, 0.12),
    "zheng": Habits("宁波", 0.7, 0.6, 0.3, 0.05, 0.8, 0.8, 0.6, 0.25),
    "lu": Habits("宁波", 0.75, 0.4, 0.35, 0.15, 0.6, 0.7, 0.5, 0.25, 0.18),
    "gu": Habits("苏州", 0.8, 0.55, 0.35, 0.05),
    "xu": Habits("苏州", 0.8, 0.05, 0.2, 0.12, 0.85, 0.8),
    "tang": Habits("苏州", 0.75, 0.6, 0.3, 0.05, 0.9, 0.9),
}
"""Those who visit: lin is diligent, xu is always late with reports, the Ningbo team does not keep its promises."""

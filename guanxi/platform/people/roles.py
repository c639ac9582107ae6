"""The roles that the regulations keep apart. A person may hold several; each is a permission set.

Which permissions a role holds stands where the permission is declared (each package's permissions.py).
"""

from __future__ import annotations

from guanxi.platform.kernel import Text

ROLES: dict[str, Text] = {
    "general_manager": Text("总经理", "General manager"),
    "gm_office": Text("总经办", "General manager's office"),
    "leader": Text("公司领导", "Leader"),
    "service_manager": Text("客户服务部经理", "Service manager"),
    "account_manager": Text("客户经理", "Account manager"),
    "customer_service_manager": Text("客户服务经理", "Customer service manager"),
    "relationship_specialist": Text("客户关系专员", "Relationship specialist"),
    "customer_specialist": Text("客户专员", "Customer specialist"),
    "service_staff": Text("客户服务人员", "Service staff"),
    "relationship_staff": Text("客户关系管理人员", "Relationship staff"),
    "salesperson": Text("销售人员", "Salesperson"),
    "operations": Text("营运部人员", "Operations staff"),
    "front_desk": Text("前台人员", "Front desk"),
    "gate_guard": Text("门卫", "Gate guard"),
    "seal_keeper": Text("印章保管人", "Seal keeper"),
    "dedicated_person": Text("专人", "Dedicated person"),
    "named_person": Text("指定人员", "Named person"),
    "market_supervisor": Text("市场主管", "Market supervisor"),
    "head_of_materials": Text("资材部长", "Head of materials"),
    "purchasing": Text("资材部人员", "Purchasing"),
    "technology": Text("技术人员", "Technology"),
    "design": Text("设计人员", "Design"),
    "quality": Text("品质人员", "Quality"),
    "administrator": Text("系统管理员", "Administrator"),
    "auditor": Text("审计员", "Auditor"),
}

FIELD_STAFF = (
    "account_manager",
    "relationship_specialist",
    "customer_specialist",
    "service_staff",
    "relationship_staff",
    "salesperson",
)
"""Roles that look after customers in person."""


def role_choices() -> list[tuple[str, Text]]:
    return list(ROLES.items())

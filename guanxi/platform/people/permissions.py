"""Rights over people, departments, roles and the company's settings."""

from guanxi.platform.kernel import Text

from .rights import permission

VIEW = permission(
    "people.view",
    Text("查看人员", "See people"),
    department=("service_manager", "leader"),
    all=("administrator", "auditor", "general_manager", "gm_office"),
)
MANAGE = permission(
    "people.manage", Text("管理人员与设置", "Manage people and settings"), all=("administrator",)
)
GRANT = permission(
    "people.grant_roles", Text("授予与收回角色", "Grant and revoke roles"), all=("administrator",)
)
AUDIT = permission(
    "people.audit",
    Text("查看权限与授权记录", "See permission sets and grants"),
    all=("auditor", "general_manager", "administrator"),
)

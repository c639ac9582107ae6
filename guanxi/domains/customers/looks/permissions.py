"""Who sees who looked: those who answer for it, over whom they lead."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

LOOKS = permission(
    "customers.looks",
    Text("查看谁看过客户、导出过什么", "See who looked at customers and took lists away"),
    department=("customer_service_manager",),
    all=("service_manager", "auditor", "general_manager"),
).name

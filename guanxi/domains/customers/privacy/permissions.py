"""Who gives out and erases a contact's data: whoever answers for customers. The administrator sees no customer
(docs/decisions/0009) and keeps the retention periods; the report, which names nobody, is for those who answer for it."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

PRIVACY = "contacts.privacy"
REPORT = "privacy.report"

permission(
    PRIVACY,
    Text("查看、导出和抹除联系人的个人信息", "Look at, export and erase a contact's data"),
    all=("service_manager", "general_manager"),
)
permission(
    REPORT,
    Text("查看个人信息在哪里", "See where personal data is"),
    all=("service_manager", "general_manager", "administrator", "auditor"),
)

"""Rights over the calendar."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

MANAGE = permission(
    "calendar.manage", Text("维护工作日历", "Keep the working calendar"), all=("administrator",)
)

"""Who may have copies of everything made."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

BACKUPS = permission(
    "backups.manage",
    Text("备份：设置、立即备份、查看结果", "Backups: set, take, see"),
    all=("administrator",),
)

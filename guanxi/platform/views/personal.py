"""What saved views hold of people: see `guanxi.platform.kernel.personal`."""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

from .models import SavedView

holds(
    "views.SavedView",
    words=("name", "query"),
    plain=("list", "audience"),
    what=Text("保存的视图：名称和筛选条件", "Saved views: name and conditions"),
    why=Text("再次打开同样的列表", "To open the same list again"),
    seen_by=Text("本人，以及与之共享的人", "Its owner, and whoever it is shared with"),
    kept=Text("直到删除，删除后可恢复", "Until deleted, and then to be restored"),
    erased=Text(
        "抹除联系人时，名称和条件中的姓名和号码被划去",
        "Erasing a contact strikes name and numbers from its name and conditions",
    ),
    of_customers=lambda ids: SavedView.objects.all(),
    at="changed_at",
)
holds_nothing("views.FirstView", "list", "key")

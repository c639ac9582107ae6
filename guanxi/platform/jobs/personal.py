"""What background work holds of people: nothing but numbers of rows (an error names the program's own values)."""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

holds(
    "jobs.Job",
    words=("error",),
    plain=("name", "arguments", "key", "state", "worker", "progress"),
    what=Text("后台任务：最后一次出错的原文", "Background jobs: the last error as it stood"),
    why=Text("排除故障", "To mend it"),
    seen_by=Text("系统管理员", "The administrator"),
    kept=Text("每项任务一行", "One row each"),
    erased=Text(
        "含该联系人姓名或号码的出错原文清空", "An error with the contact's name or number in it is emptied"
    ),
)
holds_nothing("jobs.ScheduleRun", "schedule")
holds_nothing("jobs.Heartbeat", "worker")

"""The addresses of set-up, and the panel that leads back to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from guanxi.platform.kernel import Text
from guanxi.platform.regulations.models import Version
from guanxi.platform.ui.registry import Panel, page, panel

from . import approving, leaving, views

ADMINISTRATOR = "people.manage"

page("setup.code", "setup/code/", views.code, label=Text("设置码", "Set-up code"), public=True)
page("setup.start", "setup/", views.start, label=Text("设置公司", "Set the company up"), public=True)
page(
    "setup.administrator",
    "setup/administrator/",
    views.administrator,
    label=Text("第一位管理员", "The first administrator"),
    public=True,
)
for _name, _view, _label in (
    ("departments", views.departments, Text("设置部门", "Set departments up")),
    ("people", views.people, Text("导入人员", "Bring people in")),
    ("managers", views.managers, Text("确定两位经理", "Name the two managers")),
    ("email", views.email, Text("测试邮件", "Try e-mail")),
    ("regulations", views.regulations, Text("提交制度", "Submit the regulations")),
    ("next", views.onward, Text("继续设置", "Go on with set-up")),
    ("done", views.finished, Text("设置完成", "All set up")),
):
    page(f"setup.{_name}", f"setup/{_name}/", _view, label=_label, permission=ADMINISTRATOR)
page(
    "setup.passwords",
    "people/first-passwords/",
    views.passwords,
    label=Text("首次登录密码", "First passwords"),
    permission=ADMINISTRATOR,
)
page(
    "setup.approve",
    "setup/approve/",
    approving.approve,
    label=Text("批准公司的制度", "Approve the company's regulations"),
    permission="regulations.approve",
)
page(
    "setup.later",
    "setup/later/",
    approving.later,
    label=Text("以后再批准", "Approve later"),
    permission="regulations.approve",
    methods=("POST",),
)
page(
    "setup.leave-demo",
    "settings/leave-demo/",
    leaving.leave_demo,
    label=Text("从演示到正式使用", "From demo to real"),
    permission=ADMINISTRATOR,
)


@panel("today")
class FirstSteps(Panel):
    """While no regulation was ever submitted: who can go on, and where."""

    order = 1
    template = "setup/panel_today.html"

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        administrator, may_submit = person.may(ADMINISTRATOR), person.may("regulations.submit_shipped")
        if not (administrator or may_submit) or Version.objects.exists():
            return None
        return {"administrator": administrator}

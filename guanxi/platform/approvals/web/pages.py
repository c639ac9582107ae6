"""The addresses of this package."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import Text
from guanxi.platform.ui.registry import Nav, data_list, page
from guanxi.platform.ui.subjects import subject_kind

from .. import reads
from ..models import Substitute
from . import views

READ = ("GET", "HEAD")
SEND = ("POST",)
RIGHT = "approvals.decide"


def _some(person: Any) -> dict[str, Any] | None:
    found = reads.visible(person).order_by("-pk").first()
    return {"approval": found.pk} if found else None


def _substitute(person: Any) -> dict[str, Any] | None:
    found = Substitute.objects.filter(person=person).first()
    return {"substitute": found.pk} if found else None


page(
    "approvals.list",
    "approvals/",
    views.waiting,
    label=Text("审批", "Approvals"),
    permission=RIGHT,
    nav=Nav(40, "stamp", main=True, badge=reads.count_waiting),
    methods=READ,
)
page(
    "approvals.mine",
    "approvals/mine/",
    views.mine,
    label=Text("我申请的", "Asked by me"),
    permission=RIGHT,
    methods=READ,
    lists=(views.Mine,),
)
page(
    "approvals.over",
    "approvals/ended/",
    views.over,
    label=Text("已了结", "Ended"),
    permission=RIGHT,
    methods=READ,
    lists=(views.Over,),
)
page(
    "approvals.all",
    "approvals/all/",
    views.every,
    label=Text("全部审批", "All approvals"),
    permission="approvals.audit",
    methods=READ,
    lists=(views.Approvals,),
)
page(
    "approvals.bulk",
    "approvals/decide/",
    views.bulk,
    label=Text("批量审批", "Decide several"),
    permission=RIGHT,
    methods=SEND,
)
page(
    "approvals.substitutes",
    "approvals/substitutes/",
    views.substitutes,
    label=Text("审批代理", "Substitutes"),
    permission=RIGHT,
    action="approvals.set_substitute",
)
page(
    "approvals.end-substitute",
    "approvals/substitutes/<int:substitute>/end/",
    views.end_substitute,
    label=Text("结束代理", "End substitution"),
    permission=RIGHT,
    sample=_substitute,
    methods=SEND,
)
page(
    "approvals.detail",
    "approvals/<int:approval>/",
    views.detail,
    label=Text("审批", "Approval"),
    permission=RIGHT,
    sample=_some,
    action="approvals.decide",
)
page(
    "approvals.pass-on",
    "approvals/<int:approval>/pass-on/",
    views.pass_on,
    label=Text("转交", "Pass on"),
    permission=RIGHT,
    sample=_some,
    action="approvals.pass_on",
)
page(
    "approvals.withdraw",
    "approvals/<int:approval>/withdraw/",
    views.withdraw,
    label=Text("撤回申请", "Withdraw request"),
    permission=RIGHT,
    sample=_some,
    action="approvals.withdraw",
)
page(
    "approvals.remind",
    "approvals/<int:approval>/remind/",
    views.remind,
    label=Text("催办", "Remind"),
    permission=RIGHT,
    sample=_some,
    methods=SEND,
)


def _titles(person: Any, ids: list[int]) -> dict[int, str]:
    rows = reads.visible(person).filter(pk__in=ids)
    return {a.pk: str(a.words) for a in rows}


subject_kind("approval", Text("审批", "Approval"), names=_titles, url=lambda id: f"/approvals/{id}/")
data_list(
    "approvals.waiting-list",
    views.waiting_rows,
    label=Text("等我批准", "Waiting for me"),
    permission=RIGHT,
    lists=(views.Approvals,),
)

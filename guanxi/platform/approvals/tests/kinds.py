"""Papers: a kind of row that lives only in tests, with approvals of every shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guanxi.platform.approvals.kinds import AllOf, ApprovalKind, approval_kind
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    FactKind,
    Reason,
    Refused,
    Text,
    action,
    ask,
    fact_kind,
)
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import permission
from guanxi.platform.ui.parts import Change


@dataclass
class Paper:
    pk: int
    text: str = "原文"
    approved: int = 0
    refused: int = 0
    blocked: bool = False
    done_by: Any = None


papers: dict[int, Paper] = {}
permission("test.paper", Text("批文", "Papers"), all=("general_manager", "service_manager"), by_clause="R9.9")
fact_kind(FactKind("test.paper_done", "paper", Text("批文生效", "Paper done"), fields={"approval": "int"}))


class Follow(ActionInput):
    approval: int = ask("审批", "Approval")


def _paper(approval: int) -> Paper:
    from guanxi.platform.approvals.models import Approval

    return papers[Approval.objects.get(pk=approval).subject_id]


@action
class Done(Action):
    """What follows from an approval."""

    name = "test.paper_done"
    label = Text("批文生效", "Paper done")
    permission = "test.paper"
    writes = ("test.paper_done",)
    Input = Follow

    def run(self, ctx: Any, data: Any, subject: Any) -> Paper:
        paper = _paper(data.approval)
        if paper.blocked:
            raise Refused(self.name, [Reason("R9.1", "c", "1", Text("资料不全", "Papers are missing"))])
        paper.approved += 1
        paper.done_by = ctx.actor
        ctx.emit("test.paper_done", subject=("paper", paper.pk), data={"approval": data.approval})
        return paper


@action
class DoneBySystem(Done):
    """The same, with the system's rights."""

    name = "test.paper_done_by_system"
    permission = "people.manage"
    by_system = True


@action
class Turned(Action):
    """What follows from a refusal."""

    name = "test.paper_refused"
    label = Text("批文未准", "Paper refused")
    permission = "test.paper"
    Input = Follow

    def run(self, ctx: Any, data: Any, subject: Any) -> None:
        _paper(data.approval).refused += 1


@action
class Edit(Action):
    """An edit of the content."""

    name = "test.paper_edit"
    label = Text("修改", "Edit")
    permission = "people.self"
    writes = ("approval.voided",)

    class Input(ActionInput):
        paper: int = ask("文", "Paper")
        text: str = ask("内容", "Text")

    def run(self, ctx: Any, data: Any, subject: Any) -> None:
        from guanxi.platform.approvals.binding import void_if_changed

        papers[data.paper].text = data.text
        void_if_changed(ctx, "paper", data.paper)


def _kind(name: str, steps: Any, **more: Any) -> None:
    approval_kind(
        ApprovalKind(
            name,
            Text("批文", "Paper"),
            subject="paper",
            clause=more.pop("clause", "R9.9"),
            load=papers.get,
            title=lambda p: Text(f"文件 {p.pk}", f"Paper {p.pk}"),
            content=lambda p: {"text": p.text, "n": p.pk},
            steps=steps,
            may_request=lambda person, p: person.username != "sun",
            on_approved=more.pop("on_approved", "test.paper_done"),
            on_refused="test.paper_refused",
            difference=lambda p: [Change(Text("正文", "Text"), "旧文", p.text)],
            otherwise=Text("文件不生效", "The paper has no effect"),
            **more,
        )
    )


def declare() -> None:
    """Declare the kinds; again is harmless."""
    _kind("test.one", lambda p: [["general_manager"]])
    _kind("test.chain", lambda p: [["service_manager"], ["general_manager"]])
    _kind("test.any", lambda p: [["service_manager", "general_manager"]])
    _kind("test.all", lambda p: [AllOf(["service_manager", "account_manager"]), ["general_manager"]])
    _kind(
        "test.named",
        lambda p: [[Person.objects.get(username="zhao")]],
        on_approved="test.paper_done_by_system",
    )
    _kind("test.secure", lambda p: [["general_manager"]], needs_identity=True)
    _kind("test.own", lambda p: [["general_manager"]], own=True)
    _kind("test.personal", lambda p: [["general_manager"]], substitutes=False)
    _kind("test.vacant", lambda p: [["seal_keeper"]])


declare()

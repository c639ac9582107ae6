"""The first step of a company: every regulation that ships, submitted as it is. Nothing is in force before it is approved."""

from __future__ import annotations

from typing import Any

from guanxi.cores.norms.source import PackError
from guanxi.platform.kernel import Action, ActionInput, Conflict, Context, Text, action, get_action

from . import packs
from .models import Version


def not_started() -> list[str]:
    """Regulations that ship and have no version yet, in order."""
    begun = set(Version.objects.values_list("regulation_id", flat=True))
    return [code for code in packs.shipped() if code not in begun]


@action
class SubmitAll(Action):
    """Draft and submit every regulation that ships and has no version yet, unchanged.

    It takes no more than the right to submit what ships: the text is not touched, and the general manager approves
    each. Either all are submitted or none.
    """

    name = "regulations.submit_all"
    label = Text("提交全部制度", "Submit all regulations")
    permission = "regulations.submit_shipped"
    writes = ("regulation.drafted", "regulation.submitted", "approval.requested")
    subject = "version"

    def run(self, ctx: Context, data: ActionInput, subject: Any) -> list[Version]:
        codes = not_started()
        if not codes:
            raise Conflict(Text("所有制度都已有版本", "Every regulation has a version already"))
        faulty = [code for code in codes if not _readable(code)]
        if faulty:
            listed = ", ".join(faulty)
            raise Conflict(
                Text(
                    f"{listed} 的文本与本程序不符，没有提交",
                    f"The text of {listed} does not fit; nothing was submitted",
                )
            )
        draft, submit = get_action("regulations.draft"), get_action("regulations.submit")
        made = []
        for code in codes:
            version = draft.run(ctx, draft.parse({"regulation": code, "source": "shipped"}), None)
            made.append(submit.run(ctx, submit.parse({"version": version.pk}), version))
        return made

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return (self.subject, None, None)


def _readable(code: str) -> bool:
    try:
        packs.load(packs.shipped()[code])
    except PackError:
        return False
    return True

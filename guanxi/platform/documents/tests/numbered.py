"""An action that numbers something, for tests."""

from __future__ import annotations

from typing import Any

from guanxi.platform.documents.numbering import number_rule, take
from guanxi.platform.kernel import Action, ActionInput, FactKind, Text, action, ask, fact_kind
from guanxi.platform.people.rights import permission

number_rule("test_slip", Text("试单", "Test slip"), "TS-{year}-{n:04}")
permission("test.number", Text("试编号", "Try numbering"), own=("relationship_specialist",))
fact_kind(FactKind("slip.numbered", "slip", Text("编号", "Numbered"), fields={"number": "str"}))


@action
class Slip(Action):
    """Give a slip its number; it may fail afterwards."""

    name = "test.number"
    label = Text("编号", "Number")
    permission = "test.number"
    writes = ("slip.numbered",)
    subject = "slip"

    class Input(ActionInput):
        slip: int = ask("单", "Slip")
        fails: bool = ask("失败", "Fails", False)

    def run(self, ctx: Any, data: Any, subject: Any) -> str:
        number = take(ctx, "test_slip", ("slip", data.slip))
        ctx.emit("slip.numbered", subject=("slip", data.slip), data={"number": number})
        if data.fails:
            raise RuntimeError("the printer is on fire")
        return number

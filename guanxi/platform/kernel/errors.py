"""What an action answers when it does not happen. Each kind has one meaning in every interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .text import Text


class ActionError(Exception):
    """Base of the answers below; `text` is fit to be shown."""

    text: Text = Text("没有完成", "Not done")

    def __str__(self) -> str:
        return str(self.text)


class UnknownAction(ActionError):
    """No action has this name: a mistake of the program or of an API call."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = Text(f"没有名为 {name} 的操作", f"There is no action called {name}")


class Invalid(ActionError):
    """Input that does not fit: messages per field; '' holds what concerns the whole form."""

    def __init__(self, errors: Mapping[str, Sequence[Text]]) -> None:
        self.errors = {name: list(messages) for name, messages in errors.items()}
        first = next((messages[0] for messages in self.errors.values() if messages), None)
        self.text = first or Text("填写有误", "The input does not fit")

    @classmethod
    def field(cls, name: str, zh: str, en: str) -> Invalid:
        return cls({name: [Text(zh, en)]})


class NotFound(ActionError):
    """No such record, or none that this person may see: the two are never told apart."""

    def __init__(self, kind: str = "", id: object = "") -> None:
        self.kind, self.id = kind, id
        self.text = Text("找不到这条记录，或您无权查看", "No such record, or you may not see it")


class Conflict(ActionError):
    """The call key was used before with other input, or somebody changed the record meanwhile."""

    def __init__(self, text: Text | None = None) -> None:
        self.text = text or Text("此次提交的编号已用于别的内容", "This call key was used for something else")


class Forbidden(ActionError):
    """The actor has no right to this action. Names the right and the roles that hold it."""

    def __init__(self, permission: str, *, who: Sequence[Text] = (), text: Text | None = None) -> None:
        self.permission = permission
        self.who = list(who)
        roles = Text("、".join(r.zh for r in self.who), ", ".join(r.en for r in self.who))
        self.text = text or (
            Text("您没有这项权限；可由{who}办理", "You may not do this; {who} can").format(who=roles)
            if self.who
            else Text("您没有这项权限", "You may not do this")
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition that failed (or warns): which clause, in whose words, and what would mend it."""

    clause: str
    control: str
    version: str
    text: Text
    severity: str = "refuse"  # refuse | warn
    remedy_action: str = ""
    remedy_text: Text = field(default_factory=lambda: Text("", ""))
    remedy_by: Text = field(default_factory=lambda: Text("", ""))
    waivable_by: Text = field(default_factory=lambda: Text("", ""))
    waivable_role: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class Refused(ActionError):
    """A clause stands against it. Carries every failed condition, the warnings, and what is met."""

    def __init__(
        self,
        action: str,
        failures: Sequence[Reason],
        warnings: Sequence[Reason] = (),
        met: Sequence[Reason] = (),
        asked: tuple[str, dict[str, Any]] | None = None,
    ) -> None:
        self.action = action
        self.asked = asked
        self.failures = list(failures)
        self.warnings = list(warnings)
        self.met = list(met)
        self.text = Text(
            "；".join(f"{f.text.zh}（{f.clause}）" for f in self.failures),
            "; ".join(f"{f.text.en} ({f.clause})" for f in self.failures),
        )

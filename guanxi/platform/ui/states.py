"""Names of states that several pages show, each with words, tone and icon: colour is never the only signal."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.platform.kernel import Text

TONES = ("neutral", "accent", "good", "warn", "bad", "quiet")


@dataclass(frozen=True, slots=True)
class State:
    """tone: one of TONES. icon: a lucide name, '' for none."""

    text: Text
    tone: str = "neutral"
    icon: str = ""


_states: dict[str, State] = {
    # obligations
    "waiting": State(Text("未到时候", "Waiting"), "quiet", "hourglass"),
    "open": State(Text("待办", "Open"), "accent", "circle"),
    "overdue": State(Text("逾期", "Overdue"), "bad", "clock-alert"),
    "fulfilled": State(Text("按时完成", "Fulfilled"), "good", "circle-check"),
    "late": State(Text("迟交", "Late"), "warn", "clock"),
    "missed": State(Text("漏做", "Missed"), "bad", "circle-x"),
    "waived": State(Text("已豁免", "Waived"), "neutral", "shield-check"),
    "void": State(Text("已失效", "Void"), "quiet", "circle-slash"),
    "suspended": State(Text("暂停", "Suspended"), "quiet", "pause"),
    "taken_back": State(Text("已撤回判定", "Taken back"), "quiet", "undo-2"),
    # documents, requests, versions
    "draft": State(Text("草稿", "Draft"), "quiet", "pen-line"),
    "submitted": State(Text("待批准", "Awaiting approval"), "accent", "hourglass"),
    "pending": State(Text("待批准", "Awaiting approval"), "accent", "hourglass"),
    "approved": State(Text("已批准", "Approved"), "good", "circle-check"),
    "returned": State(Text("已退回", "Returned"), "warn", "undo-2"),
    "refused": State(Text("已拒绝", "Refused"), "bad", "circle-x"),
    "withdrawn": State(Text("已撤回", "Withdrawn"), "quiet", "undo-2"),
    "in_force": State(Text("生效中", "In force"), "good", "badge-check"),
    "superseded": State(Text("已被取代", "Superseded"), "quiet", "archive"),
    # work
    "planned": State(Text("已计划", "Planned"), "neutral", "calendar"),
    "confirmed": State(Text("已确认", "Confirmed"), "accent", "calendar-check"),
    "running": State(Text("进行中", "In progress"), "accent", "play"),
    "done": State(Text("已完成", "Done"), "good", "circle-check"),
    "cancelled": State(Text("已取消", "Cancelled"), "quiet", "circle-slash"),
    "active": State(Text("有效", "Active"), "good", "circle-check"),
    "inactive": State(Text("停用", "Inactive"), "quiet", "circle-slash"),
    "expired": State(Text("已过期", "Expired"), "warn", "clock"),
    "yes": State(Text("是", "Yes"), "good", "check"),
    "no": State(Text("否", "No"), "quiet", "minus"),
}


def get(name: str) -> State:
    """The state called `name`; an unknown one is shown by its name, neutrally."""
    return _states.get(str(name)) or State(Text.of(str(name)))


def declare(name: str, text: Text, tone: str = "neutral", icon: str = "") -> None:
    """Add a domain's own state. The same name with other words is refused: two pages would say different things."""
    if tone not in TONES:
        raise ValueError(f"{tone} is no tone; take one of {', '.join(TONES)}")
    made = State(text, tone, icon)
    if _states.get(name, made) != made:
        raise ValueError(f"state {name} is already shown as {_states[name].text.en}")
    _states[name] = made


def all_states() -> dict[str, State]:
    """Every state by name, for the style page."""
    return dict(_states)

"""Versions on their way into force, and what may be said of single obligations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from guanxi.cores.norms.model import NormsError
from guanxi.cores.norms.pack import load_pack
from guanxi.cores.norms.source import PackError
from guanxi.platform.approvals.models import Approval
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
)
from guanxi.platform.people.rights import SYSTEM

from . import approving as _approving  # noqa: F401 (declares what needs an approval)
from . import exceptions as _exceptions  # noqa: F401 (declares waivers and suspensions)
from . import packs
from . import ticking as _ticking  # noqa: F401 (declares the engine's own actions)
from .models import Regulation, Version

KEEP = [
    ("keep", Text("按旧版本履行完", "Finished under the old version")),
    ("restate", Text("按新版本重新计算", "Computed anew under the new version")),
    ("void", Text("作废", "Void")),
]


def open_version(id: int) -> Version:
    """A version, locked; NotFound where there is none."""
    found = Version.objects.select_for_update().select_related("regulation").filter(pk=id).first()
    if found is None:
        raise NotFound("version", id)
    return found


def _draft_only(version: Version) -> None:
    if version.state != "draft":
        raise Conflict(Text("只有草案可以修改", "Only a draft can be changed"))


class VersionAction(Action):
    """Shared by actions on one version."""

    permission = "regulations.draft"
    subject = "version"

    class Input(ActionInput):
        version: int = ask("版本", "Version", of="version", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Version:
        return open_version(data.version)


@action
class Draft(Action):
    """Begin a new version of a regulation: from the one in force, or from the pack that this release ships."""

    name = "regulations.draft"
    label = Text("起草新版本", "Draft a new version")
    permission = "regulations.draft"
    writes = ("regulation.drafted",)
    subject = "version"

    class Input(ActionInput):
        regulation: str = ask("制度", "Regulation", max_length=12, widget="hidden")
        source: str = ask(
            "以什么为底稿",
            "Start from",
            "current",
            choices=[
                ("current", Text("现行版本", "The version in force")),
                ("shipped", Text("随软件提供的文本", "The text shipped with the product")),
            ],
            widget="radio",
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> Version:
        shipped = packs.shipped().get(data.regulation)
        current = (
            Version.objects.filter(regulation_id=data.regulation, state__in=["in_force", "approved"])
            .order_by("-number")
            .first()
        )
        if shipped is None and current is None:
            raise NotFound("regulation", data.regulation)
        if Version.objects.filter(regulation_id=data.regulation, state__in=["draft", "submitted"]).exists():
            raise Conflict(Text("这部制度已有一份草案", "There is a draft of this regulation already"))
        if current is None or data.source == "shipped":
            source = shipped or current.source  # type: ignore[union-attr]
        else:
            source = current.source
        pack = packs.load(source)
        regulation, _ = Regulation.objects.get_or_create(
            code=data.regulation,
            defaults={
                "title_zh": pack.title.zh,
                "title_en": pack.title.en,
                "order": packs.number_of(data.regulation),
            },
        )
        newest = regulation.versions.aggregate(newest=Max("number"))["newest"] or 0
        values = {k: v for k, v in (current.values if current else {}).items() if k in pack.parameters}
        version = Version.objects.create(
            regulation=regulation,
            number=newest + 1,
            source=source,
            values=values,
            content_hash=packs.content_hash(source, values, "keep"),
            based_on=current,
            drafted_by=None if ctx.actor is SYSTEM else ctx.actor,
            drafted_at=ctx.now,
        )
        ctx.emit(
            "regulation.drafted",
            subject=("version", version.pk),
            data={
                "regulation": regulation.code,
                "number": version.number,
                "based_on": current.number if current else None,
            },
        )
        return version


@action
class SetParameter(VersionAction):
    """Change one parameter of a draft. Its type and bounds are the pack's."""

    name = "regulations.set_parameter"
    label = Text("修改参数", "Change a parameter")
    writes = ("regulation.parameter_changed",)

    class Input(VersionAction.Input):
        parameter: str = ask("参数", "Parameter", max_length=80, widget="hidden")
        value: str = ask("值", "Value", max_length=200)

    def run(self, ctx: Context, data: Any, version: Version) -> Version:
        _draft_only(version)
        pack = packs.load(version.source)
        parameter = pack.parameters.get(data.parameter)
        if parameter is None:
            raise Invalid.field("parameter", "没有这个参数", "There is no such parameter")
        value = read_value(parameter.type, data.value)
        try:
            parameter.parse(value)
        except (ValueError, TypeError):
            raise Invalid({"value": [bounds_text(parameter)]}) from None
        before = version.values.get(data.parameter, parameter.default)
        if value == before:
            return version
        version.values = {**version.values, data.parameter: value}
        version.content_hash = packs.content_hash(version.source, version.values, version.transition)
        version.save(update_fields=["values", "content_hash"])
        ctx.emit(
            "regulation.parameter_changed",
            subject=("version", version.pk),
            data={
                "regulation": version.regulation_id,
                "number": version.number,
                "parameter": data.parameter,
                "before": json.dumps(before, ensure_ascii=False),
                "after": json.dumps(value, ensure_ascii=False),
            },
        )
        return version


def read_value(type_: str, text: str) -> Any:
    """What was typed for a parameter, as the pack would write it."""
    plain = text.strip()
    if type_ == "boolean":
        return {"true": True, "是": True, "yes": True, "false": False, "否": False, "no": False}.get(
            plain.lower(), plain
        )
    if type_ in ("text", "duration", "working_time"):
        return plain
    if type_ == "texts":
        return [
            part.strip() for part in plain.replace("、", ",").replace("，", ",").split(",") if part.strip()
        ]
    try:
        return int(plain.rstrip("%％"))
    except ValueError:
        return plain


def bounds_text(parameter: Any) -> Text:
    """What a parameter may be, in words."""
    if parameter.type in ("duration", "working_time"):
        zh, en = "请填写时长，例如 4h、30m、3d", "Enter a duration such as 4h, 30m or 3d"
    elif parameter.type == "boolean":
        zh, en = "请填写是或否", "Enter yes or no"
    else:
        zh, en = "请填写整数", "Enter a whole number"
    if parameter.min is not None:
        zh, en = f"{zh}，不小于 {parameter.min}", f"{en}, at least {parameter.min}"
    if parameter.max is not None:
        zh, en = f"{zh}，不大于 {parameter.max}", f"{en}, at most {parameter.max}"
    return Text(zh, en)


@action
class EditSource(VersionAction):
    """Replace the text of one of a draft's files; the whole pack must be right, else nothing changes."""

    name = "regulations.edit_source"
    label = Text("编辑制度文本", "Edit the pack")
    writes = ("regulation.drafted",)

    class Input(VersionAction.Input):
        file: str = ask("文件", "File", max_length=80)
        text: str = ask("内容", "Text", widget="textarea", max_length=400_000)

    def run(self, ctx: Context, data: Any, version: Version) -> Version:
        _draft_only(version)
        if data.file not in version.source:
            raise Invalid.field("file", "没有这个文件", "There is no such file")
        source = {**version.source, data.file: data.text}
        try:
            pack = load_pack(source, packs.catalogue())
        except PackError as error:
            raise Invalid({"text": [Text(str(p), str(p)) for p in error.problems]}) from None
        version.values = {k: v for k, v in version.values.items() if k in pack.parameters}
        version.source = source
        version.content_hash = packs.content_hash(source, version.values, version.transition)
        version.save(update_fields=["source", "values", "content_hash"])
        ctx.emit(
            "regulation.drafted",
            subject=("version", version.pk),
            data={"regulation": version.regulation_id, "number": version.number},
        )
        return version


@action
class Discard(VersionAction):
    """Give a draft up. It stays readable."""

    name = "regulations.discard"
    label = Text("放弃草案", "Discard the draft")
    writes = ("regulation.discarded",)

    def run(self, ctx: Context, data: Any, version: Version) -> Version:
        _draft_only(version)
        version.state = "withdrawn"
        version.save(update_fields=["state"])
        ctx.emit(
            "regulation.discarded",
            subject=("version", version.pk),
            data={"regulation": version.regulation_id, "number": version.number},
        )
        return version


@action
class Submit(VersionAction):
    """Submit a draft to the general manager, in force from a date (default: on approval)."""

    name = "regulations.submit"
    label = Text("提交审批", "Submit for approval")
    writes = ("regulation.submitted", "approval.requested")

    class Input(VersionAction.Input):
        in_force_from: datetime | None = ask(
            "生效时间",
            "In force from",
            None,
            hint=Text("留空：批准即生效", "Empty: on approval"),
            widget="datetime",
        )
        transition: str = ask(
            "未了结的义务", "Obligations not yet closed", "keep", choices=KEEP, widget="radio"
        )

    def run(self, ctx: Context, data: Any, version: Version) -> Version:
        _draft_only(version)
        if data.transition not in dict(KEEP):
            raise Invalid.field("transition", "请从列出的选项中选择", "Please choose one of those listed")
        if data.in_force_from and data.in_force_from < ctx.now:
            raise Invalid.field("in_force_from", "生效时间不能早于现在", "It cannot be in force before now")
        try:
            packs.engine_version(version)
        except (PackError, NormsError) as error:
            raise Invalid({"version": [Text(str(error), str(error))]}) from None
        version.transition = data.transition
        version.in_force_from = data.in_force_from
        version.content_hash = packs.content_hash(version.source, version.values, version.transition)
        version.state = "submitted"
        version.save(update_fields=["transition", "in_force_from", "content_hash", "state"])
        ctx.emit(
            "regulation.submitted",
            subject=("version", version.pk),
            data={
                "regulation": version.regulation_id,
                "number": version.number,
                "hash": version.content_hash,
                "from": (data.in_force_from or ctx.now).isoformat(),
            },
        )
        approval = ctx.act("approvals.request", {"kind": "regulation_version", "subject": version.pk})
        version.approval_id = approval.pk
        version.save(update_fields=["approval_id"])
        return version


@dataclass(frozen=True, slots=True)
class PutInForceValues:
    """What packs' conditions may ask before a version comes into force."""

    regulation: str
    approved: bool
    unchanged: bool


@action
class PutInForce(Action):
    """Bring an approved version into force at its time. Follows from the approval; nobody does it by hand."""

    name = "regulations.put_in_force"
    label = Text("生效", "Put in force")
    permission = "regulations.approve"
    writes = ("regulation.approved", "norms.version_in_force")
    subject = "version"
    internal = True
    gate_values = PutInForceValues

    class Input(ActionInput):
        approval: int = ask("审批", "Approval", of="approval")

    def load(self, ctx: Context, data: Any) -> Version:
        found = Version.objects.select_for_update().filter(approval_id=data.approval).first()
        if found is None:
            raise NotFound("version", data.approval)
        return found

    def gate(self, ctx: Context, data: Any, version: Version) -> PutInForceValues:
        approval = Approval.objects.get(pk=data.approval)
        anew = packs.content_hash(version.source, version.values, version.transition)
        return PutInForceValues(
            regulation=version.regulation_id,
            approved=approval.state == "approved",
            unchanged=approval.content.get("hash") == anew == version.content_hash,
        )

    def run(self, ctx: Context, data: Any, version: Version) -> Version:
        if version.state != "submitted" or not self.gate(ctx, data, version).unchanged:
            raise Conflict(Text("这一版本没有待生效的批准", "There is no standing approval of this version"))
        start = max(version.in_force_from or ctx.now, ctx.now)
        version.state = "approved" if start > ctx.now else "in_force"
        version.in_force_from = start
        version.approved_by, version.approved_at = ctx.actor, ctx.now
        version.save(update_fields=["state", "in_force_from", "approved_by", "approved_at"])
        if version.state == "in_force":
            supersede(version)
        about = ("version", version.pk)
        ctx.emit(
            "regulation.approved",
            subject=about,
            data={
                "regulation": version.regulation_id,
                "number": version.number,
                "hash": version.content_hash,
                "from": start.isoformat(),
            },
        )
        ctx.emit(
            "norms.version_in_force",
            subject=about,
            data={"regulation": version.regulation_id, "version": version.name, "from": start.isoformat()},
        )
        return version


def supersede(version: Version) -> None:
    """What was in force before it is so no longer."""
    Version.objects.filter(regulation_id=version.regulation_id, state="in_force").exclude(
        pk=version.pk
    ).update(state="superseded", superseded_at=version.in_force_from)


@action
class SendBack(Action):
    """A version that was returned, refused or withdrawn is a draft again."""

    name = "regulations.send_back"
    label = Text("退回草案", "Back to draft")
    permission = "regulations.view"
    writes = ("regulation.returned",)
    subject = "version"
    internal = True

    class Input(ActionInput):
        approval: int = ask("审批", "Approval", of="approval")

    def load(self, ctx: Context, data: Any) -> Version:
        found = (
            Version.objects.select_for_update().filter(approval_id=data.approval, state="submitted").first()
        )
        if found is None:
            raise NotFound("version", data.approval)
        return found

    def run(self, ctx: Context, data: Any, version: Version) -> Version:
        version.state, version.approval_id = "draft", None
        version.save(update_fields=["state", "approval_id"])
        ctx.emit(
            "regulation.returned",
            subject=("version", version.pk),
            data={"regulation": version.regulation_id, "number": version.number},
        )
        return version


from . import starting as _starting  # noqa: E402, F401 (builds on the actions above)

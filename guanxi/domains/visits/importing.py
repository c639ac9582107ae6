"""Past visits from a spreadsheet: the columns, what a row says, what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django.apps import apps
from django.utils import timezone

from guanxi.domains.customers.importing import own_fields
from guanxi.domains.customers.importing.histories import Draft, File, Line, There
from guanxi.domains.customers.importing.history_actions import EnterRow, TakeBackRows
from guanxi.domains.customers.importing.sorts import Sort, telling
from guanxi.domains.customers.importing.sorts import declare as declare_sort
from guanxi.domains.customers.importing.undo_rows import pointing
from guanxi.domains.customers.importing.whose import Customer
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.models_import import Import
from guanxi.platform.imports.fields import declare as field
from guanxi.platform.imports.kinds import is_date
from guanxi.platform.imports.moments import moment
from guanxi.platform.imports.reasons import reason
from guanxi.platform.imports.values import clean_text, half_width, is_nothing, plain
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Context, Invalid, Text, action

from . import past
from .models import BROUGHT, PastVisit, Visit
from .words import PURPOSES

NAME = "visits"
FIELDS = (
    field(
        "visit.customer",
        "客户名称",
        "Customer",
        "客户 客户名 客戶名稱 客户公司 拜访客户 拜访对象 走访客户 关联客户 客户单位 单位名称 公司名称 "
        "公司 企业名称 account account_name "
        "customer customer_name client client_name company company_name related_to regarding "
        "parent_name associated_company",
        limit=120,
    ),
    field(
        "visit.customer_number",
        "客户编号",
        "Customer number",
        "客户编码 客户代码 客户号 客户id customer_id customer_code customer_no account_id account_number",
        limit=100,
    ),
    field(
        "visit.customer_code",
        "统一社会信用代码",
        "Credit code",
        "信用代码 社会信用代码 税号 credit_code uscc tax_id",
        limit=18,
    ),
    field(
        "visit.at",
        "拜访时间",
        "Time of the visit",
        "拜访日期 拜訪日期 拜訪時間 走访时间 走访日期 来访时间 跟进时间 跟进日期 联系时间 联系日期 "
        "签到时间 到访时间 实际拜访时间 开始时间 活动时间 活动日期 "
        "日期 时间 visit_date visit_time visited_on visited_at date start_date start_time date_start start activity_date "
        "meeting_start_time meeting_date due_date",
    ),
    field("visit.time", "时刻", "Time of day", "几点 拜访时刻 time_of_day time hour"),
    field(
        "visit.person",
        "拜访人",
        "Visitor",
        "拜訪人 拜访人员 走访人 走访人员 跟进人 跟进人员 业务员 销售 销售员 销售代表 客户经理 负责人 "
        "负责人员 记录人 创建人 提交人 人员 visitor visited_by "
        "owner assigned_to assigned_user_name activity_assigned_to created_by sales_rep salesperson",
        limit=60,
    ),
    field(
        "visit.purpose",
        "拜访目的",
        "Purpose",
        "目的 拜訪目的 拜访类型 拜访主题 走访目的 跟进方式 跟进类型 事由 主题 标题 purpose type "
        "visit_type activity_type subject title meeting_name name",
        limit=300,
    ),
    field(
        "visit.contact",
        "接待人",
        "Contact",
        "联系人 客户联系人 拜访联系人 受访人 对接人 被访人 contact contact_name contact_person met attendees",
        limit=60,
    ),
    field(
        "visit.summary",
        "经过",
        "Summary",
        "拜访内容 拜访记录 拜访纪要 拜访总结 拜访情况 沟通内容 沟通记录 跟进内容 跟进记录 跟进情况 "
        "谈话内容 内容 纪要 小结 总结 记录 描述 备注 说明 summary notes note "
        "description comments meeting_notes internal_meeting_notes body content minutes",
        several=True,
        limit=4000,
    ),
    field(
        "visit.result",
        "结果",
        "Result",
        "拜访结果 跟进结果 沟通结果 成果 结论 result outcome meeting_outcome status",
        several=True,
        limit=4000,
    ),
    field(
        "visit.place",
        "拜访地址",
        "Address",
        "拜访地点 走访地点 走访地址 跟进地址 签到地址 签到地点 到访地址 地址 地点 visit_address visited_address "
        "location meeting_location check_in_address",
        limit=200,
    ),
    field(
        "visit.next",
        "下次拜访日期",
        "Next visit",
        "下次拜访 下次拜访时间 下次跟进 下次跟进时间 下次联系时间 下次日期 下次时间 next_visit next_date "
        "next_step_date next_activity_date follow_up_date followup_date",
    ),
)  # fmt: skip
_PURPOSE_WORDS = {
    "first": "初次拜访 首访 新客户拜访 陌生拜访 陌拜",
    "routine": "例行拜访 日常拜访 定期拜访 定期回访 回访 常规拜访 日常维护 客户维护",
    "needs": "需求调研 需求了解 了解需求",
    "proposal": "产品介绍 方案介绍 方案沟通 商务洽谈 报价 演示 demo presentation",
    "objection": "投诉处理 处理投诉 异议 售后处理",
    "fulfilment": "交付 验收 售后回访 服务回访",
    "festival": "节日拜访 节日慰问 慰问",
}
_PURPOSE = {
    word.lower(): code
    for code, words in PURPOSES.items()
    for word in (words.zh, words.en, *_PURPOSE_WORDS.get(code, "").split())
}
MOST_SUMMARY, MOST_TARGET = 4000, 300


class Reading:
    """See `guanxi.domains.customers.importing.histories.Reading`."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.zone = timezone.get_current_timezone()

    def prepare(self, lines: Sequence[Line]) -> None:
        self.file.people.prepare(line.text("visit.person") for line in lines)

    def read(self, line: Line, customer: Customer, draft: Draft) -> None:
        values: dict[str, Any] = {}
        self._when(line, values, draft)
        self._who(line, values, draft)
        self._purpose(line, values, draft)
        self._summary(line, values, draft)
        self._next(line, values, draft)
        contact = plain(line.text("visit.contact"), 60)
        if contact.fault is not None:
            draft.fault(line.header("visit.contact"), contact.fault)
        where = plain(line.text("visit.place"), 200)
        if where.fault is not None:
            draft.fault(line.header("visit.place"), where.fault)
        values |= {"place_id": None, "place_said": where.text}
        values |= {"met": contact.text, "contact_id": None, "own": own_fields.written(line, "visit", draft)}
        draft.values, draft.title = values, customer.name
        when = values.get("at", "").replace("T", " ")[:16]
        start = own_fields.prefix("visit")
        own = (f"{line.header(start + key)}：{text[:40]}" for key, text in values["own"].items())
        said = (when if values.get("timed") else when[:10], values["called"], values["summary"][:60], *own)
        draft.about = " · ".join(part for part in said if part)
        draft.key = (customer.id, values.get("at"), values["owner_id"], values["visitor"])

    def _when(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        header = line.header("visit.at")
        order = self.file.order("visit.at")
        found = moment(line.text("visit.at"), self.zone, order=order, clock=line.text("visit.time"))
        draft.doubt(header, *found.doubts)
        if found.fault is not None:
            draft.fault(header, found.fault)
            return
        if found.on is None:
            draft.fault(header, reason("date.missing", "没有日期。", "The date is missing."))
            return
        at = found.at or timezone.make_aware(datetime.combine(found.on, time.min))
        if at > self.file.now:
            why = reason(
                "date.ahead",
                "{at} 还没有到；以往的拜访不会在将来。",
                "{at} has not come yet; a past visit cannot be ahead.",
                at=f"{at:%Y-%m-%d %H:%M}" if found.at else found.on.isoformat(),
            )
            draft.fault(header, why)
            return
        values |= {"at": at.replace(tzinfo=None).isoformat(), "timed": found.at is not None}

    def _who(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        written = line.text("visit.person")
        person, name, why = self.file.people.find(written, 60)
        values |= {"owner_id": person, "visitor": name, "called": clean_text(written, lines=False)[:60]}
        draft.doubt(line.header("visit.person"), why)
        if not person and not name:
            why = reason("person.missing", "没有写明是谁拜访的。", "The row does not say who made the visit.")
            draft.doubt(line.header("visit.person"), why)

    def _purpose(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        """A purpose of ours where the words mean one; other words stay as they are, beside 其他."""
        written = plain(line.text("visit.purpose"), MOST_TARGET)
        if written.fault is not None:
            draft.fault(line.header("visit.purpose"), written.fault)
        code = _PURPOSE.get(half_width(written.text).lower(), "other" if written.text else "")
        values |= {"purpose": code, "target": written.text if code == "other" and written.text else ""}

    def _summary(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        """What came of it, then the result, then what has no column of its own."""
        parts = _all(line, "visit.summary")
        results = _all(line, "visit.result")
        label = line.header("visit.result") or "结果"
        text = "\n".join([*parts, *(f"{label}：{one}" if parts else one for one in results), *line.others()])
        whole = plain(text, MOST_SUMMARY, lines=True)
        draft.doubt(line.header("visit.summary"), *whole.doubts)
        if whole.fault is not None:
            draft.fault(line.header("visit.summary"), whole.fault)
        values["summary"] = whole.text

    def _next(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        """When they were to come again, as it was said then; nothing is planned by it."""
        header = line.header("visit.next")
        found = moment(line.text("visit.next"), self.zone, order=self.file.order("visit.next"))
        values["next_on"] = found.on.isoformat() if found.on else None
        draft.doubt(header, *found.doubts)
        if found.fault is not None:
            draft.fault(header, found.fault)

    def there(self, drafts: Sequence[Draft]) -> Sequence[There | None]:
        self._contacts(drafts)
        self._places(drafts)
        known = self._known(drafts)
        return [self._compared(known.get(draft.key), draft) for draft in drafts]

    def _contacts(self, drafts: Sequence[Draft]) -> None:
        """Whom they met: a contact of the customer by that name, also one who has left; else the name stays."""
        named: dict[tuple[int, str], list[int]] = {}
        customers = sorted({draft.customer.id for draft in drafts if draft.customer and draft.values["met"]})
        for start in range(0, len(customers), 400):
            rows = Contact.objects.filter(customer__in=customers[start : start + 400])
            for id, customer, name in rows.values_list("pk", "customer", "name"):
                named.setdefault((customer, name), []).append(id)
        for draft in drafts:
            met = draft.values["met"]
            ids = named.get((draft.customer.id if draft.customer else 0, met), []) if met else []
            if len(ids) == 1:
                draft.values |= {"contact_id": ids[0], "met": ""}
            elif met:
                why = reason(
                    "contact.unknown",
                    "这位客户没有（唯一的）联系人“{name}”，按文字保留。",
                    "The customer has no contact (or several) called “{name}”; kept as text.",
                    name=met,
                )
                draft.doubt("", why)

    def _places(self, drafts: Sequence[Draft]) -> None:
        """Which of the customer's addresses the row names, as it is written there; else the words stay."""
        asked = [draft for draft in drafts if draft.customer and draft.values["place_said"]]
        customers = sorted({draft.customer.id for draft in asked if draft.customer})
        known: dict[tuple[int, str], tuple[int | None, str]] = {}
        for start in range(0, len(customers), 400):
            some = customers[start : start + 400]
            rows = Address.objects.filter(customer__in=some).order_by("-pk")
            known |= {
                (customer, _bare(text)): (id, text)
                for id, customer, text in rows.values_list("pk", "customer", "address")
            }
            main = Account.objects.filter(pk__in=some).values_list("pk", "address")
            known |= {(customer, _bare(text)): (None, "") for customer, text in main}
        for draft in asked:
            named = (draft.customer.id if draft.customer else 0, _bare(draft.values["place_said"]))
            if named not in known:
                why = reason(
                    "place.unknown",
                    "这位客户没有地址“{text}”，按文字保留。",
                    "The customer has no address “{text}”; kept as text.",
                    text=draft.values["place_said"][:60],
                )
                draft.doubt("", why)
            else:
                draft.values |= dict(zip(("place_id", "place_said"), known[named], strict=True))

    def _known(self, drafts: Sequence[Draft]) -> dict[Any, Visit]:
        """Visits at the customers and times of these drafts, by their keys."""
        customers = {draft.customer.id for draft in drafts if draft.customer}
        times = [past.moment_of(draft.values) for draft in drafts]
        found: dict[Any, Visit] = {}
        if not times:
            return found
        ordered = sorted(customers)
        for start in range(0, len(ordered), 400):
            rows = Visit.objects.filter(
                customer__in=ordered[start : start + 400],
                arrived_at__gte=min(times),
                arrived_at__lte=max(times),
            )
            for visit in rows.select_related("past").prefetch_related("reports"):
                at = timezone.localtime(visit.arrived_at).replace(tzinfo=None).isoformat()
                visitor = visit.past.visitor if visit.state == BROUGHT else ""
                found[(visit.customer_id, at, visit.owner_id, visitor)] = visit
        return found

    def _compared(self, visit: Visit | None, draft: Draft) -> There | None:
        """A visit that was made here is never changed by a file."""
        if visit is None:
            return None
        if visit.state != BROUGHT:
            return There(visit.pk, same=True)
        before = past.as_plain(visit)
        said = {name: value for name, value in correction(draft.values).items() if name != "own"}
        own = past.own_values(draft.values["own"])
        return There(
            visit.pk,
            same=all(before[name] == value for name, value in said.items())
            and all(visit.own.get(key) == value for key, value in own.items()),
        )


def correction(values: dict[str, Any]) -> dict[str, Any]:
    """What a row puts into a visit that is there: what the row leaves empty stays."""
    said = {name: values[name] for name in (*past.FIELDS, "own") if values.get(name) not in ("", None, {})}
    return said | ({"place_id": values.get("place_id")} if values.get("place_said") else {})


def _bare(address: str) -> str:
    """An address without what people write in different ways: blanks, width, case."""
    return re.sub(r"\s", "", half_width(address)).casefold()


def _all(line: Line, name: str) -> list[str]:
    columns = line.file.mapping.columns(name)
    return [
        clean_text(line.cells[c]) for c in columns if c < len(line.cells) and not is_nothing(line.cells[c])
    ]


@action
class ImportRow(EnterRow):
    """Enter one row of past visits: a visit, or what differs of one that was brought in."""

    name = "visits.import_row"
    label = Text("导入一次以往拜访", "Import a past visit")
    writes = ("visit.brought", "visit.past_changed")
    subject = "visit"
    what = NAME

    def enter(self, ctx: Context, account: Account, values: dict[str, Any], run: Import) -> int:
        return int(past.enter(ctx, account, values, run.pk).pk)

    def amend(self, ctx: Context, account: Account, values: dict[str, Any], target: int) -> int:
        rows = Visit.objects.select_related("past", "owner", "customer")
        visit = rows.filter(pk=target, customer=account, state=BROUGHT).first()
        if visit is None:
            raise Invalid.field("", "这次拜访已被删除", "The visit was removed meanwhile")
        return int(past.correct(ctx, visit, correction(values)).pk)


@action
class UndoRows(TakeBackRows):
    """Take back rows of past visits, the last first."""

    name = "visits.undo_import_rows"
    label = Text("撤销导入的几次拜访", "Undo rows of imported visits")
    what = NAME

    def remove(self, ctx: Context, id: int) -> None:
        past.remove(id)

    def put_back(self, ctx: Context, fact: Fact) -> None:
        past.put_back(fact)


def _there(ids: Sequence[int]) -> dict[int, int]:
    return dict(Visit.objects.filter(pk__in=ids, state=BROUGHT).values_list("pk", "customer"))


def _held(ids: Sequence[int]) -> set[int]:
    """Past visits to which something points that does not go along with them."""
    held: set[int] = set()
    for model in apps.get_app_config("customers").get_models():
        if any(
            column.name == "visit_id" for column in model._meta.fields
        ):  # customers know visits by their number
            named = model._base_manager.filter(visit_id__in=ids)
            held |= set(named.values_list("visit_id", flat=True))
    for rows, column in pointing(Visit):
        held |= set(rows.filter(**{f"{column}__in": ids}).values_list(column, flat=True))
    return held


def _lost(lines: Any) -> Any:
    return lines.exclude(made_id__in=PastVisit.objects.values("visit"))


SORT = declare_sort(
    Sort(
        name=NAME,
        title=Text("以往拜访", "Past visits"),
        subject="visit",
        fields=FIELDS,
        needed={"visit.at": Text("请指定哪一列是拜访时间", "Say which column holds the time of the visit")},
        telling=telling(
            "拜访时间 拜访日期 走访时间 走访日期 跟进时间 跟进日期 拜访人 拜访目的 拜访内容 拜访记录 "
            "拜访结果 跟进内容 跟进记录 下次拜访日期 下次跟进时间 "
            "visit_date visit_time visited_on visited_by visit_notes meeting_start_time activity_date meeting_date"
        ),
        looks={
            "visit.at": lambda cell: is_date(cell) or bool(re.search(r"\d{4}", cell)),
            "visit.time": lambda cell: bool(re.search(r"\d", cell)),
        },
        reading=Reading,
        row_action=ImportRow.name,
        undo_action=UndoRows.name,
        there=_there,
        held=_held,
        lost=_lost,
        list_page="visits.list",
        examples=(
            ("客户名称", "杭州恒远电子科技有限公司", "浙江明光医院"),
            ("客户编号", "K-001", ""),
            ("拜访时间", "2024-03-05 14:30", "2024-06-18"),
            ("拜访人", "林晓", "老周（已离职）"),
            ("拜访目的", "例行回访", "产品介绍"),
            ("接待人", "王建国", "李梅"),
            ("拜访地址", "", "杭州市萧山区建设四路1号"),
            ("拜访内容", "看了新产线，缺两台检测仪", "介绍了消毒柜"),
            ("结果", "要报价", "下月再谈"),
            ("下次拜访日期", "2024-03-20", ""),
        ),
    )
)

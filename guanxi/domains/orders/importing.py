"""Past orders from a spreadsheet: the columns, what a row says, what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from guanxi.domains.customers.importing.histories import Draft, File, Line, There
from guanxi.domains.customers.importing.history_actions import EnterRow, TakeBackRows
from guanxi.domains.customers.importing.sorts import Sort, telling
from guanxi.domains.customers.importing.sorts import declare as declare_sort
from guanxi.domains.customers.importing.whose import Customer
from guanxi.domains.customers.models import Account, Product
from guanxi.domains.customers.models_import import Import
from guanxi.platform.imports.amounts import CURRENCIES, amount, currency
from guanxi.platform.imports.fields import declare as field
from guanxi.platform.imports.kinds import is_date
from guanxi.platform.imports.moments import moment
from guanxi.platform.imports.reasons import reason
from guanxi.platform.imports.values import clean_text, half_width, plain
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Context, Invalid, Text, action

from . import words
from .actions import COLUMNS, amend, as_before, check_number, enter, unraw
from .models import Order

NAME = "orders"
FIELDS = (
    field(
        "order.customer",
        "客户名称",
        "Customer",
        "客户 客户名 客戶名稱 客户公司 客户单位 客户全称 购货单位 购买方 买方 采购方 收货单位 "
        "订货单位 往来单位 单位名称 公司名称 公司 企业名称 "
        "客户/供应商 billing_customer account account_name customer_name customer client company "
        "company_name buyer bill_to",
        limit=120,
    ),
    field(
        "order.customer_number",
        "客户编号",
        "Customer number",
        "客户编码 客户代码 客户号 客户id 客戶編號 往来单位编码 customer_id customer_code customer_no "
        "account_id account_number",
        limit=100,
    ),
    field(
        "order.customer_code",
        "统一社会信用代码",
        "Credit code",
        "信用代码 社会信用代码 税号 纳税人识别号 购方税号 credit_code uscc tax_id tax_number",
        limit=18,
    ),
    field(
        "order.number",
        "订单号",
        "Order number",
        "订单编号 訂單編號 单号 单据号 单据编号 销售单号 销售订单号 销售订单编号 合同号 合同编号 "
        "order_no order_number order_id order so_number "
        "order_name contract_number invoice_number 发票号",
        limit=60,
    ),
    field(
        "order.date",
        "订单日期",
        "Date of the order",
        "日期 下单日期 下单时间 订货日期 订购日期 订购时间 单据日期 销售日期 成交日期 成交时间 "
        "签订日期 签约日期 合同日期 开单日期 创建日期 order_date date "
        "ordered_on ordered_at close_date effective_date contract_date sale_date date_entered invoice_date created",
    ),
    field(
        "order.amount",
        "金额",
        "Amount",
        "订单金额 訂單金額 合同金额 总金额 合计 合计金额 价税合计 含税金额 成交金额 销售金额 销售额 "
        "应收金额 总价 总额 金额元 订单总额 amount total "
        "total_amount order_amount order_total grand_total deal_amount value sum price_total",
    ),
    field("order.currency", "币种", "Currency", "货币 币别 幣別 结算币种 currency currency_code currency_iso_code"),
    field(
        "order.goods",
        "订购内容",
        "What was ordered",
        "产品 产品名称 商品 商品名称 货品 货品名称 品名 物料名称 品名规格 订购产品 订单内容 "
        "产品或服务 项目 项目名称 主题 订单主题 合同名称 product "
        "product_name goods item items item_name description subject deal_name opportunity_name",
        several=True,
        limit=300,
    ),
    field(
        "order.status",
        "订单状态",
        "Status of the order",
        "状态 訂單狀態 单据状态 合同状态 执行状态 进度 阶段 status order_status stage deal_stage state",
    ),
    field(
        "order.person",
        "经手人",
        "Taken by",
        "业务员 業務員 销售 销售员 销售人员 销售代表 负责人 负责人员 跟进人 经办人 制单人 签约人 "
        "客户经理 所属人 归属人 owner order_owner deal_owner "
        "sales_rep salesperson sales_person account_manager taken_by assigned_to created_by",
        limit=60,
    ),
    field("order.note", "备注", "Note", "備註 说明 附注 备注信息 remark remarks note notes comment comments memo", several=True,
          limit=500),
)  # fmt: skip
STATUSES = {
    "open": "进行中 执行中 未完成 待发货 待付款 待处理 处理中 已下单 新建 草稿 审核中 已审核 已确认 部分发货 "
    "已生效 open draft activated pending processing "
    "confirmed new in_progress",
    "delivered": "已交付 已发货 已出库 已收货 已送达 交付完成 待收款 待结算 delivered shipped fulfilled sent",
    "settled": "已结清 已完成 完成 已付款 已收款 已结算 已回款 已关闭 交易成功 赢单 已成交 成交 settled "
    "completed complete closed paid done won closed_won "
    "closedwon invoiced",
    "cancelled": "已取消 取消 作废 已作废 已终止 终止 已退货 关闭交易 交易关闭 输单 cancelled canceled "
    "void voided rejected lost closed_lost closedlost terminated",
}
_STATUS = {re.sub(r"[\s_]", "", word): code for code, said in STATUSES.items() for word in said.split()}


class Reading:
    """See `guanxi.domains.customers.importing.histories.Reading`."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.zone = timezone.get_current_timezone()
        self.today = timezone.localdate(file.now)
        self.products = {
            word.casefold(): pk
            for pk, name, code in Product.objects.values_list("pk", "name", "code")
            for word in (name, code)
            if word
        }

    def prepare(self, lines: Sequence[Line]) -> None:
        self.file.people.prepare(line.text("order.person") for line in lines)

    def read(self, line: Line, customer: Customer, draft: Draft) -> None:
        values: dict[str, Any] = {}
        self._day(line, values, draft)
        self._amount(line, values, draft)
        self._words(line, values, draft)
        self._status(line, values, draft)
        person, name, why = self.file.people.find(line.text("order.person"), 60)
        values |= {"person_id": person, "taken_by": name}
        draft.doubt(line.header("order.person"), why)
        draft.values = values
        draft.title = customer.name
        shown = [values.get("number", ""), values.get("ordered_on", "")]
        if "amount" in values:
            shown.append(words.money(Decimal(values["amount"]), values["currency"]))
        draft.about = " · ".join(part for part in (*shown, values.get("goods", "")) if part)
        if number := values.get("number"):
            draft.key = ("number", number)
        else:
            draft.sure = False
            draft.key = (
                customer.id,
                *(values.get(n) for n in ("ordered_on", "amount", "currency", "goods", "product_id")),
            )

    def _day(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        header = line.header("order.date")
        found = moment(line.text("order.date"), self.zone, order=self.file.order("order.date"))
        draft.doubt(header, *found.doubts)
        if found.fault is not None:
            draft.fault(header, found.fault)
        elif found.on is None:
            draft.fault(header, reason("date.missing", "没有日期。", "The date is missing."))
        elif found.on > self.today:
            draft.fault(
                header,
                reason(
                    "date.ahead",
                    "{day} 还没有到；以往的订单不会在将来。",
                    "{day} has not come yet; a past order cannot be ahead.",
                    day=found.on.isoformat(),
                ),
            )
        else:
            values["ordered_on"] = found.on.isoformat()

    def _amount(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        header = line.header("order.amount")
        found = amount(line.text("order.amount"))
        draft.doubt(header, *found.doubts)
        if found.fault is not None:
            draft.fault(header, found.fault)
        elif found.amount is None:
            draft.fault(header, reason("amount.missing", "没有金额。", "The amount is missing."))
        else:
            values["amount"] = str(found.amount)
        written = line.text("order.currency")
        code = currency(written) if written else found.currency
        if written and code not in words.CURRENCIES:
            draft.fault(
                line.header("order.currency"),
                reason(
                    "currency.unknown",
                    "不认识币种“{text}”；可以是：{known}。",
                    "The currency “{text}” is not known; there are: {known}.",
                    text=written[:20],
                    known="、".join(words.CURRENCIES),
                ),
            )
        values["currency"] = code or words.HOME

    def _words(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        """Number, goods and note; what has no column of its own goes into the note."""
        number = plain(line.text("order.number"), 60)
        goods = [clean_text(text, lines=False) for text in _all(line, "order.goods")]
        values["product_id"] = self.products.get(goods[0].casefold()) if len(goods) == 1 else None
        written = plain("" if values["product_id"] else "，".join(goods), 300)
        notes = [*(clean_text(text) for text in _all(line, "order.note")), *line.others()]
        note = plain("\n".join(notes), 500, lines=True)
        for name, value, key in (
            ("order.number", number, "number"),
            ("order.goods", written, "goods"),
            ("order.note", note, "note"),
        ):
            draft.doubt(line.header(name), *value.doubts)
            if value.fault is not None:
                draft.fault(line.header(name), value.fault)
            values[key] = value.text

    def _status(self, line: Line, values: dict[str, Any], draft: Draft) -> None:
        """What is not said of an order of before is taken for settled: it is over."""
        written = half_width(clean_text(line.text("order.status"), lines=False))
        code = _STATUS.get(re.sub(r"[\s_]", "", written.lower()), "")
        values["status"] = code or "settled"
        if written and not code:
            kept = f"{line.header('order.status')}：{written}"
            note = "\n".join(part for part in (values.get("note", ""), kept) if part)
            if len(note) <= 500:
                values["note"] = note
            draft.doubt(
                line.header("order.status"),
                reason(
                    "status.unknown",
                    "不认识状态“{text}”，按“已结清”导入，原文记入备注。",
                    "The status “{text}” is not known; taken for settled, and kept in the note.",
                    text=written[:40],
                ),
            )

    def there(self, drafts: Sequence[Draft]) -> Sequence[There | None]:
        numbers = {draft.values["number"] for draft in drafts if draft.sure}
        known = {
            order.number: order for part in _parts(numbers) for order in Order.objects.filter(number__in=part)
        }
        loose = self._loose([draft for draft in drafts if not draft.sure])
        return [
            _compared(known.get(draft.values["number"]), draft) if draft.sure else loose.get(draft.key)
            for draft in drafts
        ]

    def _loose(self, drafts: Sequence[Draft]) -> dict[Any, There]:
        """Orders that are there under the keys of those without a number."""
        wanted = {draft.key for draft in drafts}
        customers = {draft.customer.id for draft in drafts if draft.customer}
        days = {draft.values["ordered_on"] for draft in drafts}
        found: dict[Any, There] = {}
        for part in _parts(customers):
            rows = Order.objects.filter(customer__in=part, ordered_on__in=days)
            for order in rows:
                key = (order.customer_id, order.ordered_on.isoformat(), str(order.amount), order.currency, order.goods,
                       order.product_id)  # fmt: skip
                if key in wanted:
                    found[key] = There(order.pk, same=True)
        return found


def _all(line: Line, name: str) -> list[str]:
    """The filled cells of a field that takes several columns."""
    columns = line.file.mapping.columns(name)
    return [line.cells[c] for c in columns if c < len(line.cells) and line.cells[c].strip()]


def _compared(order: Order | None, draft: Draft) -> There | None:
    if order is None:
        return None
    if draft.customer is None or order.customer_id != draft.customer.id:
        why = reason(
            "number.taken",
            "订单号“{number}”已用于另一位客户。",
            "The order number “{number}” belongs to another customer.",
            number=order.number,
        )
        return There(order.pk, fault=why)
    same = all(getattr(order, name) == value for name, value in unraw(columns_of(draft.values)).items())
    return There(order.pk, same=same)


def columns_of(values: dict[str, Any]) -> dict[str, Any]:
    """What a row puts into an order that is there: what the row leaves empty stays."""
    return {name: value for name, value in values.items() if name in COLUMNS and value not in ("", None)}


def _parts(values: set[Any]) -> list[list[Any]]:
    ordered = sorted(values)
    return [ordered[i : i + 400] for i in range(0, len(ordered), 400)]


@action
class ImportRow(EnterRow):
    """Enter one row of past orders: a new order, or what differs of one that is there."""

    name = "orders.import_row"
    label = Text("导入一个订单", "Import an order")
    writes = ("order.brought", "order.updated")
    subject = "order"
    what = NAME

    def enter(self, ctx: Context, account: Account, values: dict[str, Any], run: Import) -> int:
        check_number(values["number"])
        return int(enter(ctx, account, unraw(values), brought_by=run.pk).pk)

    def amend(self, ctx: Context, account: Account, values: dict[str, Any], target: int) -> int:
        order = Order.objects.filter(pk=target, customer=account).first()
        if order is None:
            raise Invalid.field("", "这个订单已被删除", "The order was removed meanwhile")
        return int(amend(ctx, order, unraw(columns_of(values))).pk)


@action
class UndoRows(TakeBackRows):
    """Take back rows of past orders, the last first."""

    name = "orders.undo_import_rows"
    label = Text("撤销导入的几个订单", "Undo rows of imported orders")
    what = NAME

    def remove(self, ctx: Context, id: int) -> None:
        Order.objects.filter(pk=id).delete()

    def put_back(self, ctx: Context, fact: Fact) -> None:
        as_before(ctx, fact)


def _there(ids: Sequence[int]) -> dict[int, int]:
    return dict(Order.objects.filter(pk__in=ids).values_list("pk", "customer"))


SORT = declare_sort(
    Sort(
        name=NAME,
        title=Text("订单", "Orders"),
        subject="order",
        fields=FIELDS,
        needed={
            "order.date": Text("请指定哪一列是订单日期", "Say which column holds the date of the order"),
            "order.amount": Text("请指定哪一列是金额", "Say which column holds the amount"),
        },
        telling=telling(
            "订单号 订单编号 销售订单号 销售订单编号 销售单号 下单日期 下单时间 订单日期 订货日期 "
            "订购日期 订单金额 合同金额 价税合计 "
            "order_no order_number so_number order_date order_amount order_total total_amount"
        ),
        looks={
            "order.date": lambda cell: is_date(cell) or bool(re.search(r"\d{4}", cell)),
            "order.amount": lambda cell: amount(cell).amount is not None,
            "order.currency": lambda cell: currency(cell) in CURRENCIES.values(),
        },
        reading=Reading,
        row_action=ImportRow.name,
        undo_action=UndoRows.name,
        there=_there,
        held=lambda ids: set(),
        lost=lambda lines: lines.exclude(made_id__in=Order.objects.values("pk")),
        list_page="orders.list",
        examples=(
            ("客户名称", "杭州恒远电子科技有限公司", "浙江明光医院"),
            ("客户编号", "K-001", ""),
            ("订单号", "XS-2024-001", "XS-2024-002"),
            ("订单日期", "2024-03-05", "2024-06-18"),
            ("金额", "128,000.00", "36,500"),
            ("币种", "人民币", "人民币"),
            ("订购内容", "视觉检测仪 2 台", "消毒柜"),
            ("状态", "已完成", "已发货"),
            ("经手人", "林晓", "老周（已离职）"),
            ("备注", "", "分两次交货"),
        ),
    )
)

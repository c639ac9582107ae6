"""Files and short ways for the tests of the import."""

from __future__ import annotations

import io
from typing import Any

from guanxi.domains.customers.importing import drafts, running
from guanxi.domains.customers.models_import import Import
from guanxi.platform.kernel import fixed_clock, perform

from .helpers import NOON

AT = fixed_clock(NOON)
CLIENTS = (
    "客户编号,客户名称,联系人,职务,手机,电话,地址,客户等级,负责区域\n"
    "K1,杭州恒远电子科技有限公司,王建国,采购经理,13805712345,0571-87061501,浙江省杭州市西湖区文三路398号,A,华东\n"
    "K2,浙江明光医院,李梅,院办主任,,0571-87783838,杭州市上城区解放路68号,三级甲等,华东\n"
    ",杭州恒远电子科技有限公司,赵六,财务,,,浙江省杭州市西湖区文三路398号,,\n"
    "K4,,无名,,,,,,\n"
)


def brought(person: Any, text: str | bytes, name: str = "客户.csv") -> Import:
    """A file brought in and planned."""
    data = text.encode() if isinstance(text, str) else text
    run = drafts.upload(person, data, name, clock=AT)
    drafts.plan_now(run, clock=AT)
    return run


def started(run: Import, **how: Any) -> Import:
    perform("customers.start_import", {"run": run.pk, **how}, actor=run.by, clock=AT)
    return run


def entered(person: Any, text: str | bytes, **how: Any) -> Import:
    """A file brought in, planned and entered whole."""
    run = started(brought(person, text), **how)
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    return run


def sums(run: Import) -> tuple[int, int, int, int, int]:
    return run.rows, run.created, run.updated, run.duplicates, run.rejected


def workbook(
    rows: list[list[Any]], *, formula: tuple[int, int, str, Any] | None = None, merge: str = ""
) -> bytes:
    """An xlsx of one sheet; formula: (row, column, formula, value as computed)."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet("客户")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            page.write(r, c, value)
    if formula:
        page.write_formula(formula[0], formula[1], formula[2], None, formula[3])
    if merge:
        page.merge_range(merge, "客户资料")
    book.close()
    return target.getvalue()

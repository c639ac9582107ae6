"""Given files with every fault, when the administrator brings them in, then no row is lost, doubled or half entered."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from guanxi.platform.imports.export import write_csv
from guanxi.platform.imports.reading import read_sheet
from tests.journeys import files
from tests.journeys.conftest import Server, fits, picture

pytestmark = pytest.mark.browser


def upload(page: Any, server: Server, name: str, data: bytes) -> None:
    """Choose a file on the import page and have it read."""
    page.goto(f"{server.address}/customers/import/")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="读取文件").click()


def preview(page: Any, **columns: str) -> None:
    """On the page of the columns: choose fields for columns by their names, then look at the preview."""
    page.wait_for_url(re.compile("/columns/$"))
    for head, field in columns.items():
        page.get_by_label(head, exact=True).select_option(label=field)
    page.get_by_role("button", name="预览").click()
    page.wait_for_url(re.compile(r"/import/\d+/$"))


def counts(page: Any) -> list[int]:
    """All, new, updates, duplicates, rejected, to check, as the page says."""
    return [int(text.replace(",", "")) for text in page.locator(".tabs .count").all_inner_texts()]


def enter(page: Any) -> None:
    page.get_by_role("button", name="开始导入").click()
    expect(page.locator("main")).to_contain_text("已完成")


def row(page: Any, number: int) -> Any:
    return page.locator("main tbody tr").filter(has=page.get_by_role("cell", name=str(number), exact=True))


def pick(page: Any, field: str, name: str) -> None:
    """Type a name into a picker and take the one found."""
    page.locator(f"[name={field}__text]").press_sequentially(name)
    page.get_by_role("option", name=name).click()


def test_what_is_no_table_of_customers_is_refused_in_words(
    server: Server, sign_in: Callable[..., Any]
) -> None:
    page = sign_in("wu")
    for name, data, said in files.refused():
        upload(page, server, name, data)
        expect(page.get_by_role("alert")).to_contain_text(said)
    fits(page)
    picture(page, "import-refused")
    expect(page.locator("main")).to_contain_text("还没有导入过")


def test_a_workbook_with_every_fault_goes_in_and_its_rejects_after_it(
    server: Server, sign_in: Callable[..., Any], tmp_path: Path
) -> None:
    page = sign_in("wu")
    main = page.locator("main")
    data = files.workbook()

    # read: the title, the macros and the hidden sheet are named
    upload(page, server, "客户名单.xlsm", data)
    for said in ("文件含有宏，已忽略", "表头在第 2 行", "旧的"):
        expect(main).to_contain_text(said)
    fits(page)
    picture(page, "import-columns")

    # without a column for the name it does not go on
    page.get_by_label("单位 名头", exact=True).select_option(label="不导入")
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("alert")).to_contain_text("请指定哪一列是客户名称")
    preview(page, **{"单位 名头": "客户名称", "联系人 日子": "生日", "级": "客户等级"})

    # nothing is written yet; what would become of each row
    assert counts(page) == [12, 5, 0, 3, 4, 4]
    fits(page)
    picture(page, "import-preview")
    expect(row(page, 5)).to_contain_text("2 个连写的号码")
    expect(row(page, 11)).to_contain_text("像公式")
    page.goto(page.url + "?show=rejected")
    for number, said in (
        (9, "没有客户名称"),
        (10, "不是有效日期"),
        (12, "文字过长"),
        (13, "不是电子邮件地址"),
    ):
        expect(row(page, number)).to_contain_text(said)

    # duplicates are decided
    page.get_by_role("link", name=re.compile("^重复")).last.click()
    expect(row(page, 7)).to_contain_text("可能与第 6 行")
    expect(row(page, 8)).to_contain_text("与第 4 行")
    row(page, 7).get_by_role("combobox").select_option(label="仍然新建")
    page.get_by_role("button", name="保存处理方式").click()
    expect(page.get_by_role("status")).to_contain_text("已记下")
    assert counts(page)[:5] == [12, 6, 0, 2, 4]
    fits(page)
    picture(page, "import-duplicates")

    # entered; the rejects come as a file, are corrected and brought in again
    enter(page)
    assert counts(page)[:5] == [12, 6, 0, 2, 4]
    with page.expect_download() as download:
        page.get_by_role("link", name="不能导入的行（xlsx）").click()
    left = read_sheet(Path(download.value.path()).read_bytes())
    assert [r.cells[left.header.index("行号")] for r in left.rows] == [str(n) for n in files.REJECTED]
    mended = [list(r.cells) for r in left.rows]
    name, birthday, mail, note = (
        left.header.index(h) for h in ("单位 名头", "联系人 日子", "联系人 邮箱", "说明")
    )
    mended[0][name], mended[1][birthday], mended[2][note], mended[3][mail] = (
        "江南仪器有限公司",
        "1985-02-03",
        "短",
        "",
    )
    upload(page, server, "改正.csv", write_csv(left.header, mended))
    preview(page)
    assert counts(page) == [4, 4, 0, 0, 0, 1]
    enter(page)

    # the same file again enters nothing
    upload(page, server, "客户名单.xlsm", data)
    expect(main).to_contain_text("同一个文件已于")
    preview(page)
    assert counts(page)[:5] == [12, 0, 0, 8, 4]
    enter(page)

    # on a telephone: the list of imports and the rows
    phone = sign_in("wu", phone=True)
    phone.goto(f"{server.address}/customers/import/")
    fits(phone)
    picture(phone, "phone-imports")
    phone.get_by_role("link", name="客户名单.xlsm").last.click()
    fits(phone)
    picture(phone, "phone-import-result")

    # from the pool the service manager gives them to an account manager
    wang = sign_in("wang")
    wang.goto(f"{server.address}/customers/pool/")
    expect(wang.locator("main")).to_contain_text(files.RARE)
    expect(wang.locator("main")).to_contain_text(files.FORMULA)
    fits(wang)
    picture(wang, "pool")
    wang.get_by_role("checkbox", name="全选本页").check()
    wang.get_by_role("button", name="指派…").click()
    wang.wait_for_url(re.compile("/assign/"))
    fits(wang)
    picture(wang, "assign")
    pick(wang, "manager", "赵磊")
    wang.get_by_role("button", name="指派客户").click()
    expect(wang.locator("main")).to_contain_text("客户池是空的")
    zhao = sign_in("zhao", phone=True)
    zhao.goto(f"{server.address}/customers/")
    expect(zhao.locator("main")).to_contain_text(files.RARE)
    fits(zhao)
    picture(zhao, "phone-customers")


def test_a_file_from_pieces_and_one_from_taiwan(server: Server, sign_in: Callable[..., Any]) -> None:
    page = sign_in("wu")
    upload(page, server, "拼接.csv", files.pieces())
    expect(page.locator("main")).to_contain_text("空字节")
    preview(page)
    picture(page, "import-pieces")
    assert counts(page)[:5] == [9, 5, 0, 2, 2]  # two are customers of lin already
    for number, said in (
        (2, "他人负责的一位客户"),
        (3, "GB18030"),
        (7, "多出 1 列"),
        (8, "列"),
        (9, "列"),
        (10, "引号"),
    ):
        expect(row(page, number)).to_contain_text(said)
    expect(row(page, 7)).to_contain_text("原文")
    expect(row(page, 7)).to_contain_text("八一街7号, 3楼")
    enter(page)

    upload(page, server, "台灣.csv", files.big5())
    expect(page.locator("main")).to_contain_text("按 Big5 编码读取")
    page.get_by_label("文字编码").select_option("gb18030")
    page.get_by_role("button", name="这样重新读取").click()
    expect(page.locator("main")).not_to_contain_text("聯絡人")
    page.get_by_label("文字编码").select_option("big5hkscs")
    page.get_by_role("button", name="这样重新读取").click()
    expect(page.locator("main")).to_contain_text("聯絡人")
    preview(page)
    enter(page)
    assert counts(page)[:2] == [2, 2]


def test_an_import_is_taken_back_and_the_same_file_goes_in_again(
    server: Server, sign_in: Callable[..., Any]
) -> None:
    page = sign_in("wu")
    data = "客户名称,联系人,手机\n云杉贸易有限公司,钱一,13805710001\n银桥物流有限公司,孙二,13805710002\n".encode()
    upload(page, server, "展会.csv", data)
    preview(page)
    enter(page)
    page.get_by_role("link", name="撤销导入").click()
    expect(page.locator("main")).to_contain_text("移除 2 位新建的客户")
    expect(page.locator("main")).to_contain_text("没有要保留的行")
    fits(page)
    picture(page, "import-undo")
    page.get_by_role("button", name="撤销导入").click()
    expect(page.locator("main")).to_contain_text("一切恢复到导入之前")
    fits(page)
    picture(page, "import-undone")
    expect(page.get_by_role("link", name="撤销导入")).to_have_count(0)
    upload(page, server, "展会.csv", data)
    preview(page)
    assert counts(page)[:5] == [2, 2, 0, 0, 0]
    phone = sign_in("wu", phone=True)
    phone.goto(f"{server.address}/customers/import/")
    phone.get_by_role("link", name="展会.csv").last.click()
    fits(phone)
    picture(phone, "phone-import-undone")

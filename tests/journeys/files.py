"""Customer files with every fault that people's files have, made on the spot."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import xlsxwriter

GOOD = "杭州恒远电子科技有限公司"
RARE = "𠮷野家（杭州）餐饮有限公司"
FORMULA = '=HYPERLINK("http://x.example","点我")'
HEADS = ("名头", "所在", "号码", "姓名", "手机", "日子", "邮箱", "级", "说明", "说明")
ROWS: list[tuple[Any, ...]] = [
    (GOOD, "浙江省杭州市西湖区文三路398号", "0571-87061501", "王建国", "13805712345", date(1980, 3, 5), "", "A", "展会认识", ""),
    (RARE, "杭州市上城区𡊢路1号", "0571-8706151187061512", "𠮷田", "", "1980年3月5日", "", "", "", "爱喝茶"),
    ("明光医院", "杭州市下城区清晨路11号", "0571-87061503", "钱七", "", "", "", "三级甲等", "", ""),
    ("明光医院", "杭州市上城区江潮路2号", "0571-87061504", "孙八", "", "", "", "", "", ""),
    (GOOD, "杭州市西湖区文三路398号", "87061501", "赵六", "", "3月5日", "", "B", "", ""),
    ("", "杭州市滨江区江南大道9号", "0571-87061505", "无名", "", "", "", "", "", ""),
    ("滨江仪表厂", "杭州市滨江区江南大道8号", "0571-87061506", "周九", "", "八十年代", "", "", "", ""),
    (FORMULA, "杭州市滨江区江南大道7号", "", "=1+1", "", "", "", "", "", ""),
    ("钱塘物流有限公司", "杭州市江干区下沙街道1号", "0571-87061507", "吴十", "", 29285, "", "", "长" * 3000, ""),
    ("临平纺织有限公司", "杭州市余杭区塘栖镇2号", "0571-87061508", "郑一", "", "", "不是邮箱", "", "", ""),
    ("合并建材有限公司", "杭州市拱墅区大关路5号", "0571-87061509", "冯二", "", "", "", "", "", ""),
    ("", "", "", "陈三", "", "", "", "", "", ""),
]  # fmt: skip
"""Rows 4 to 15 of the workbook. Rows 6 and 7 may be one customer; 8 is row 4 again with another person; 9 (no name), 10 (no
date), 12 (too long) and 13 (no e-mail address) cannot be imported; 14 and 15 share one merged cell."""
REJECTED = (9, 10, 12, 13)


def workbook() -> bytes:
    """A macro workbook: a title, a header of two rows with merged cells, formulas, dates as text, a hidden sheet."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet("客户")
    book.add_worksheet("旧的").hide()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    page.merge_range("A1:J1", "客户名单（内部）")
    page.merge_range("A2:C2", "单位")
    page.merge_range("D2:G2", "联系人")
    for column, head in enumerate(HEADS):
        page.write_string(2, column, head)
    for number, row in enumerate(ROWS, start=3):
        for column, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(number, column, value, day)
            elif isinstance(value, int):
                page.write_number(number, column, value)
            else:
                page.write_string(number, column, value)
    page.merge_range("A14:A15", ROWS[10][0])
    page.write_formula(10, 8, "=1+1", None, "公式算出")
    book.close()
    return with_part(target.getvalue(), "xl/vbaProject.bin", b"macro")


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """A zip file with one more part."""
    target = io.BytesIO(data)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def pieces() -> bytes:
    """A text file put together from several: two encodings, a zero byte, stray commas and quotes, two columns of one name."""
    utf, gb = "utf-8", "gb18030"
    lines = [
        ("客户编号,客户名称,联系人,电话,电话,地址", utf),
        ("K1,明州港物流有限公司,赵磊,0571-87061503,0571-87061504,浙江省杭州市滨江区江南大道102号", utf),
        ("K2,华信精密制造有限公司,李工,0571-87061505,,浙江省杭州市滨江区江南大道2号", gb),
        ("K3,长兴\0建材有限公司,王敏,0572-6061506,,浙江省湖州市长兴县雉城街道4号", utf),
        ("K4,海宁皮革有限公司,周九,0573-87061507,,浙江省嘉兴市海宁市海昌路5号", utf),
        ("K5,绍兴黄酒有限公司,吴十,0575-87061508,,浙江省绍兴市越城区鲁迅路6号", utf),
        ("K6,金华火腿有限公司,郑一,0579-82061509,,浙江省金华市婺城区八一街7号, 3楼", utf),
        ("K7,衢州造纸有限公司", utf),
        (
            "K8,温州鞋业有限公司,王一,多一列,多两列,0577-88061510,,浙江省温州市鹿城区人民路8号,又一列,再一列",
            utf,
        ),
        ('K9,"台州" 模具有限公司,冯二,0576-88061511,,浙江省台州市椒江区解放路9号', utf),
    ]
    return b"\n".join(line.encode(encoding) for line, encoding in lines) + b"\n"


def big5() -> bytes:
    """A list from Taiwan."""
    rows = (
        "客戶名稱,聯絡人,電話,地址",
        "華信電子股份有限公司,張小明,03-5636688,新竹市力行六路8號",
        "遠大國際貿易公司,陳先生,02-22683466,新北市土城區自由街2號",
    )
    return "\n".join(rows).encode("big5")


def refused() -> list[tuple[str, bytes, str]]:
    """Files that are no table of customers, with what is said of each."""
    plain = "客户名称,电话\n恒远电子,0571-87061501\n"
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 400_000_000)
    return [
        ("空.csv", b"", "文件是空的"),
        ("表头.csv", "客户名称,电话\n".encode(), "只有表头"),
        ("炸弹.xlsx", bomb.getvalue(), "解压后过大"),
        ("照片.csv", b"\x89PNG\r\n\x1a\n....", "这是 PNG 文件"),
        ("引号.csv", (plain + '"乙公司,1\n' + plain).encode(), "第 3 行的引号没有结束"),
        ("大.csv", (plain + "丙公司," + "长" * 140_000 + "\n").encode(), "第 3 行有单元格超过"),
    ]

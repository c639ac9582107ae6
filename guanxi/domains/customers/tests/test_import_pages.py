"""Given the pages of the import, when people of each role use them, then they get on, or are told why not."""

from __future__ import annotations

import errno
import io
import zipfile
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_import import Import, ImportFile
from guanxi.platform.imports.reading import read_sheet
from guanxi.platform.kernel import perform
from guanxi.platform.people.tests.cast import Cast

from .helpers import do
from .importing import AT, CLIENTS, brought, entered, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(settings) -> None:
    """Pages without collected static files."""
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def client(person: object) -> Client:
    made = Client()
    made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return made


def send(person: object, data: bytes, name: str = "客户.csv"):
    return client(person).post(reverse("customers.import"), {"file": SimpleUploadedFile(name, data)})


def page(person: object, name: str, **where: object):
    return client(person).get(reverse(name, kwargs=where))


@pytest.mark.parametrize(
    ("who", "status"),
    [("wang", 200), ("zhao", 200), ("wu", 200), ("lin", 403), ("chen", 403), ("zhou", 403), ("sun", 403)],
)
def test_who_sees_the_page(cast: Cast, who: str, status: int) -> None:
    assert page(getattr(cast, who), "customers.import").status_code == status


def test_a_file_goes_from_upload_to_result(cast: Cast) -> None:
    browser = client(cast.wang)
    answer = send(cast.wang, CLIENTS.encode())
    run = Import.objects.get()
    assert answer.headers["Location"] == reverse("customers.import-columns", kwargs={"run": run.pk})
    columns = browser.get(answer.headers["Location"]).content.decode()
    assert "王建国" in columns
    chosen = {f"column-{e['column']}": e["field"] for e in run.mapping["columns"]}
    answer = browser.post(reverse("customers.import-columns", kwargs={"run": run.pk}), chosen)
    url = reverse("customers.import-run", kwargs={"run": run.pk})
    assert answer.headers["Location"] == url
    preview = browser.get(url).content.decode()
    assert "开始导入" in preview
    assert not Account.objects.exists()
    browser.post(url, {"_key": "k1", "manager_by": "me"})
    run.refresh_from_db()
    assert (run.state, run.created, run.duplicates, run.rejected) == ("done", 2, 1, 1)
    assert set(Account.objects.values_list("manager__username", flat=True)) == {"wang"}
    assert "已完成" in browser.get(url).content.decode()
    assert browser.get(reverse("customers.import")).status_code == 200


def test_the_template_can_be_filled_in_and_brought_back(cast: Cast) -> None:
    data = page(cast.zhao, "customers.import-template").content
    assert send(cast.zhao, data, "客户导入模板.xlsx").status_code == 302
    run = entered(cast.zhao, data)
    assert (run.created, run.rejected) == (2, 0)


def test_failed_rows_come_back_as_a_file_that_can_be_corrected(cast: Cast) -> None:
    run = entered(cast.wang, CLIENTS)
    for kind in ("csv", "xlsx"):
        data = page(cast.wang, "customers.import-left-out", run=run.pk, what="rejected", kind=kind).content
        sheet = read_sheet(data)
        assert len(sheet.rows) == 1
        assert sheet.rows[0].cells[-2] == "5"
        assert "没有客户名称" in sheet.rows[0].cells[-1]
    text = page(
        cast.wang, "customers.import-left-out", run=run.pk, what="rejected", kind="csv"
    ).content.decode("utf-8-sig")
    again = entered(cast.wang, text.replace("K4,,", "K4,新名称贸易行,"))
    assert (again.created, again.rejected) == (1, 0)
    assert "未导入的原因" not in Account.objects.get(name="新名称贸易行").note


def test_columns_chosen_once_are_remembered_for_the_next_file(cast: Cast) -> None:
    send(cast.wang, "名头,甲,乙\n杭州恒远电子有限公司,0571-87061501,x\n".encode())
    run = Import.objects.get()
    url = reverse("customers.import-columns", kwargs={"run": run.pk})
    chosen = {"column-0": "account.name", "column-1": "account.fax", "column-2": ""}
    assert client(cast.wang).post(url, chosen).status_code == 302
    send(cast.zhao, "乙,名头,甲\nx,浙江明光医院,0571-87061502\n".encode())
    found = Import.objects.first()
    assert found
    assert {e["header"]: e["field"] for e in found.mapping["columns"]} == {
        "名头": "account.name",
        "甲": "account.fax",
    }


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"column-0": "", "column-1": ""}, "请指定哪一列是客户名称"),
        ({"column-0": "account.name", "column-1": "account.name"}, "这个字段已用于另一列"),
        ({"column-0": "account.name", "column-1": "account.nothing"}, "没有这个字段"),
    ],
)
def test_columns_that_cannot_be_are_said_at_the_column(cast: Cast, chosen: dict[str, str], said: str) -> None:
    send(cast.wang, "客户名称,公司\n甲公司,乙\n".encode())
    url = reverse("customers.import-columns", kwargs={"run": Import.objects.get().pk})
    answer = client(cast.wang).post(url, chosen)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_wrongly_read_file_can_be_read_again(cast: Cast) -> None:
    send(cast.wang, "客户名称;电话\n甲公司;0571-87061501\n".encode("gb18030"))
    run = Import.objects.get()
    url = reverse("customers.import-columns", kwargs={"run": run.pk})
    answer = client(cast.wang).post(url, {"reread": "1", "encoding": "utf-8", "delimiter": "semicolon"})
    assert "utf-8" in answer.content.decode()
    answer = client(cast.wang).post(url, {"reread": "1", "encoding": "gb18030", "delimiter": "comma"})
    run.refresh_from_db()
    assert len(run.header) == 1
    client(cast.wang).post(url, {"reread": "1", "encoding": "gb18030", "delimiter": "semicolon"})
    run.refresh_from_db()
    assert run.header == ["客户名称", "电话"]


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 400_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "空"),
        ("客户名称,电话\n".encode() + b"\xff\x00\x01" * 50, "不是表格"),
        ("只是一段文字。".encode(), "不是表格"),
        (b"%PDF-1.7 ...", "PDF"),
        (workbook([["客户名称"], ["甲公司"]])[:900], "损坏"),
        (b"PK\x03\x04 this was a text once", "损坏"),
        (("客户名称,备注\n甲公司," + "长" * 140_000).encode(), "超过"),
        ("客户名称,电话\n".encode(), "只有表头"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "网页"),
    ],
    ids=["empty", "binary", "prose", "pdf", "cut off", "renamed", "huge cell", "only a header", "web page"],
)
def test_what_is_no_table_is_refused_in_words_and_nothing_is_kept(cast: Cast, data: bytes, said: str) -> None:
    answer = send(cast.wang, data, "客户.xlsx")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Import.objects.exists()


def test_a_zip_bomb_is_refused(cast: Cast) -> None:
    answer = send(cast.wang, bomb(), "客户.xlsx")
    assert answer.status_code == 422
    assert "解压后过大" in answer.content.decode()


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OperationalError("database or disk is full"),
        OperationalError('could not extend file "base/1/2": No space left on device'),
    ],
)
def test_a_full_disk_is_said_and_nothing_is_kept(cast: Cast, fault: Exception) -> None:
    file = SimpleUploadedFile("客户.csv", "客户名称\n甲公司\n".encode())
    with mock.patch.object(ImportFile.objects, "create", side_effect=fault):
        answer = client(cast.wang).post("/customers/import/", {"file": file})
    assert answer.status_code == 422
    assert "磁盘空间不足" in answer.content.decode()
    assert not Import.objects.exists()


def test_a_form_without_a_file_says_so(cast: Cast) -> None:
    answer = client(cast.wang).post(reverse("customers.import"), {})
    assert answer.status_code == 422


def test_merged_heads_formulas_and_dates_as_text_are_read_as_they_show(cast: Cast) -> None:
    table = [
        ["客户资料", "", "", ""],
        ["客户名称", "联系人", "生日", "电话"],
        ["甲贸易公司", "王建国", "1985年3月5日", ""],
        ["乙贸易公司", "李梅", "3/5/1990", "0571-87061502"],
    ]
    run = entered(
        cast.wang, workbook(table, formula=(2, 3, '="0571-"&87061501', "0571-87061501"), merge="A1:D1")
    )
    assert (run.created, run.rejected) == (2, 0)
    first = Account.objects.get(name="甲贸易公司")
    assert first.phone_key == "+8657187061501"
    assert first.contacts.get().birthday == "1985-03-05"


def test_two_rows_are_enough_and_formulas_as_text_stay_text(cast: Cast) -> None:
    run = entered(cast.wang, "客户名称,备注\n甲公司,=1+1\n")
    assert run.created == 1
    assert Account.objects.get().note == "=1+1"
    rejected = entered(cast.wang, "客户名称,备注\n,=cmd()\n")
    data = page(
        cast.wang, "customers.import-left-out", run=rejected.pk, what="rejected", kind="csv"
    ).content.decode()
    assert "'=cmd()" in data


def test_others_see_counts_but_no_rows_and_no_files(cast: Cast) -> None:
    run = entered(cast.zhao, CLIENTS)
    where = {"run": run.pk}
    seen = page(cast.wu, "customers.import-run", **where)
    assert seen.status_code == 200
    assert "恒远" not in seen.content.decode()
    assert page(cast.wu, "customers.import-left-out", what="rejected", kind="csv", **where).status_code == 404
    mine = brought(cast.wu, CLIENTS.replace("K1", "K7"))
    assert "恒远" in page(cast.wu, "customers.import-run", run=mine.pk).content.decode()
    assert page(cast.zhao, "customers.import-run", run=mine.pk).status_code == 404
    for name in ("decide", "stop", "discard"):
        assert client(cast.wang).post(reverse(f"customers.import-{name}", kwargs=where)).status_code == 404


def test_duplicates_are_decided_on_the_page(cast: Cast) -> None:
    entered(cast.wang, CLIENTS)
    run = brought(cast.wang, "客户名称,地址\n浙江明光医院,杭州市上城区江潮路2号\n")
    browser, url = client(cast.wang), reverse("customers.import-decide", kwargs={"run": run.pk})
    shown = browser.get(reverse("customers.import-run", kwargs={"run": run.pk}) + "?show=duplicates")
    assert "可能就是" in shown.content.decode()
    browser.post(url, {"row-2": "create", "back": "?show=duplicates"})
    assert run.lines.get(number=2).decision == "create"
    browser.post(url, {"all": "skip", "sort": "possible"})
    assert run.lines.get(number=2).decision == "skip"


def test_what_tells_two_rows_apart_stands_beside_them(cast: Cast) -> None:
    run = brought(
        cast.wang,
        "客户名称,地址,电话,联系人\n明光医院,杭州市上城区清晨路11号,0571-87061501,钱七\n明光医院,杭州市上城区江潮路2号,,\n",
    )
    url = reverse("customers.import-run", kwargs={"run": run.pk}) + "?show=duplicates"
    text = client(cast.wang).get(url).content.decode()
    assert "杭州市上城区清晨路11号 · 0571-87061501 · 钱七" in text
    assert "还没有决定" in text
    assert "只加联系人" not in text.split("<tbody>")[1]


def test_a_person_who_comes_with_a_duplicate_is_said_to_come(cast: Cast) -> None:
    run = brought(cast.wu, CLIENTS)
    browser, url = client(cast.wu), reverse("customers.import-run", kwargs={"run": run.pk})
    preview = browser.get(url).content.decode()
    assert "重复，只加联系人" in preview
    assert "更新原客户" not in preview
    browser.post(url, {"_key": "k1"})
    assert "重复，已加联系人" in browser.get(url).content.decode()


def test_the_administrator_cannot_choose_to_update_a_customer(cast: Cast) -> None:
    run = brought(cast.wu, CLIENTS)
    client(cast.wu).post(reverse("customers.import-decide", kwargs={"run": run.pk}), {"row-4": "update"})
    assert run.lines.get(number=4).decision == ""


def test_a_draft_can_be_thrown_away_a_finished_import_cannot(cast: Cast) -> None:
    run, done = brought(cast.wang, CLIENTS), entered(cast.wang, "客户名称\n甲公司\n")
    for one in (run, done):
        client(cast.wang).post(reverse("customers.import-discard", kwargs={"run": one.pk}))
    assert list(Import.objects.all()) == [done]


def test_the_pages_speak_english_too(cast: Cast) -> None:
    run = entered(cast.wang, CLIENTS)
    browser = client(cast.wang)
    cast.wang.language = "en"
    cast.wang.save()
    text = browser.get(reverse("customers.import-run", kwargs={"run": run.pk})).content.decode()
    assert "Rejected rows" in text
    assert "The customer&#x27;s name is missing" in text


# --- Undo ------------------------------------------------------------------------------------------------------------


def test_an_import_is_undone_on_its_page_after_it_said_in_numbers_what_goes(cast: Cast) -> None:
    run = entered(cast.wang, CLIENTS)
    browser = client(cast.wang)
    url = reverse("customers.import-undo", kwargs={"run": run.pk})
    assert url in page(cast.wang, "customers.import-run", run=run.pk).content.decode()
    do(cast.wang, "timeline.note", customer=Account.objects.get(name="浙江明光医院").pk, text="来电")
    asked = browser.get(url).content.decode()
    assert "移除 1 位新建的客户" in asked
    assert "保留 1 行" in asked
    assert "之后有人在其上做了记录：跟踪记录 王敏" in asked
    answer = browser.post(url, {})
    assert answer.headers["Location"] == reverse("customers.import-run", kwargs={"run": run.pk})
    after = browser.get(answer.headers["Location"]).content.decode()
    assert "2 行已撤销，1 行保留" in after
    assert list(Account.objects.values_list("name", flat=True)) == ["浙江明光医院"]
    kept = browser.get(answer.headers["Location"] + "?show=kept").content.decode()
    assert "之后有人在其上做了记录：跟踪记录 王敏" in kept


def test_what_nobody_built_on_goes_whole_and_the_page_offers_no_more_undo(cast: Cast) -> None:
    run = entered(cast.wang, CLIENTS)
    url = reverse("customers.import-undo", kwargs={"run": run.pk})
    browser = client(cast.wang)
    browser.post(url, {})
    after = page(cast.wang, "customers.import-run", run=run.pk).content.decode()
    assert "一切恢复到导入之前" in after
    assert url not in after
    assert browser.get(url).status_code == 302


def test_while_it_is_being_undone_the_page_says_how_far_it_is(cast: Cast) -> None:
    run = entered(cast.wang, CLIENTS)
    perform("customers.undo_import", {"run": run.pk}, actor=cast.wang, clock=AT)
    shown = page(cast.wang, "customers.import-run", run=run.pk).content.decode()
    assert "正在撤销" in shown
    assert "0 / 3" in shown


@pytest.mark.parametrize(("who", "status"), [("wu", 404), ("wang", 404), ("lin", 403), ("chen", 403)])
def test_nobody_else_is_asked_about_the_undo(cast: Cast, who: str, status: int) -> None:
    run = entered(cast.zhao, CLIENTS)
    person = getattr(cast, who)
    assert page(person, "customers.import-undo", run=run.pk).status_code == status
    url = reverse("customers.import-undo", kwargs={"run": run.pk})
    assert client(person).post(url, {}).status_code == status
    assert Account.objects.exists()


def test_who_did_what_is_not_told_of_customers_that_one_does_not_see(cast: Cast) -> None:
    run = entered(cast.zhao, "客户名称\n甲公司\n")
    do(cast.wang, "customers.assign", customers=[Account.objects.get().pk], manager=cast.lin.pk)
    cast.zhao.forget_rights()
    asked = page(cast.zhao, "customers.import-undo", run=run.pk).content.decode()
    assert "之后有人在其上做了记录" in asked
    assert "王敏" not in asked

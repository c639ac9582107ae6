"""Files at customers: what is taken, who gets them, and what the scanner does. Every byte is a real one."""

from __future__ import annotations

import hashlib
import io
import os
import shlex
import shutil
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.attachments import checking, running, scanning, storing
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_attachments import Attachment
from guanxi.domains.customers.models_merger import Merger
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, Invalid, NotFound, fixed_clock, perform
from tests.company import PASSWORD

from .helpers import NOON, account, contact, do, last

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The text that every scanner takes for a virus, and which is none."""


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.SCAN, settings.SCAN_SECONDS = "", 10
    return tmp_path / "files"


@pytest.fixture
def made(cast: Any) -> Account:
    return account(cast.wang, manager=cast.lin.pk)


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(person: Any, at: Account, name: str, content: bytes, **more: Any) -> Any:
    url = reverse("customers.attachment-new", kwargs={"customer": at.pk})
    return as_(person).post(url, {"file": SimpleUploadedFile(name, content), **more})


def attach(person: Any, at: Account, name: str = "合同.pdf", content: bytes = PDF, **more: Any) -> Attachment:
    answer = send(person, at, name, content, **more)
    assert answer.status_code == 302, answer.content.decode()
    return Attachment.objects.latest("pk")


def fetch(person: Any, row: Attachment) -> Any:
    """The answer, with what it held as `got`; read to its end, the test client closes it as a server does."""
    answer = as_(person).get(reverse("customers.attachment", kwargs={"attachment": row.pk}))
    answer.got = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


def packed(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        for name in names:
            target.writestr(zipfile.ZipInfo(name), "x")  # of no time: the bytes name tests
    return content.getvalue()


def on_disk(files: Path) -> list[Path]:
    return [path for path in files.rglob("*") if path.is_file()]


def clock(**later: int) -> Any:
    return fixed_clock(NOON + timedelta(**later))


# --- what is taken -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("合同.pdf", PDF, "pdf"),
        ("照片.PNG", PNG, "png"),
        ("照片.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 20, "jpg"),
        ("照片.heic", b"\0\0\0\x18ftypheic" + b"\0" * 20, "heic"),
        ("报价.xlsx", packed("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        ("方案.docx", packed("word/document.xml"), "docx"),
        ("发票.ofd", packed("OFD.xml"), "ofd"),
        ("旧报价.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "office"),
        ("记录.txt", "会议记录".encode("gb18030"), "text"),
        ("名单.csv", "﻿姓名,电话\n".encode(), "text"),
    ],
)
def test_a_file_is_what_its_content_is(name: str, content: bytes, kind: str) -> None:
    assert checking.kind_of(name, io.BytesIO(content)) == kind


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("合同.pdf", PNG, "内容却是图片"),
        ("合同", PDF, "文件名没有后缀"),
        ("工具.exe", b"MZ\x90\0" + b"\0" * 200, "这种文件不能上传"),
        ("页面.html", b"<script>alert(1)</script>", "内容却是文本"),
        ("压缩.zip", packed("a.txt"), "这种文件不能上传"),
        ("报价.xlsx", packed("xl/workbook.xml", "xl/vbaProject.bin"), "文件里有宏"),
        ("报价.xlsm", packed("xl/workbook.xml"), "内容却是Excel"),
        ("旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "_VBA_PROJECT".encode("utf-16-le"), "文件里有宏"),
        ("断.docx", packed("word/document.xml")[:40], "文件已损坏"),
        ("数据.txt", b"a\0b", "这种文件不能上传"),
        ("空.txt", b"", "文件是空的"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_said_and_kept_nowhere(
    cast: Any, made: Account, files: Path, name: str, content: bytes, said: str
) -> None:
    answer = send(cast.lin, made, name, content, note="请看第三页")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "请看第三页" in page  # nothing that was typed is lost
    assert not Attachment.objects.exists()
    assert on_disk(files) == []


def test_no_file_at_all_is_said(cast: Any, made: Account) -> None:
    answer = as_(cast.lin).post(
        reverse("customers.attachment-new", kwargs={"customer": made.pk}), {"note": "x"}
    )
    assert answer.status_code == 422
    assert "请选择文件" in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\lin\\合同.pdf", "合同.pdf"),
        ("annexe\u202efdp.txt", "annexefdp.txt"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("..", "file"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
        ("𠮷野家🙂.pdf", "𠮷野家🙂.pdf"),
    ],
)
def test_a_name_is_a_text_and_no_path(given: str, name: str) -> None:
    assert checking.clean_name(given) == name


def test_the_name_on_the_disk_is_made_of_chance(cast: Any, made: Account, files: Path) -> None:
    row = attach(cast.lin, made, "../../合同.pdf")
    (path,) = on_disk(files)
    assert (row.name, path.name, path.read_bytes()) == ("合同.pdf", row.stored, PDF)
    assert path.parent.parent == files / "attachments"
    assert os.stat(path).st_mode & 0o777 == 0o600
    for wrong in ("../x", "a" * 47, "A" * 48, "a" * 48 + "\n"):
        with pytest.raises(ValueError, match="stored name"):
            storing.path_of(wrong)


def test_size_quota_and_a_full_disk(
    cast: Any, made: Account, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(cast.wu, "people.change_setting", key="files.max_mb", value="1")
    answer = send(cast.lin, made, "大.pdf", PDF + b"\0" * storing.MEGABYTE)
    assert "文件超过 1 MB" in answer.content.decode()
    monkeypatch.setattr(storing, "GIGABYTE", 10)
    assert "附件总量已到公司设定的上限" in send(cast.lin, made, "大.pdf", PDF * 10).content.decode()
    monkeypatch.undo()
    files.mkdir(exist_ok=True)
    monkeypatch.setattr(storing, "SPARE", 1 << 62)
    assert "服务器磁盘空间不足" in send(cast.lin, made, "大.pdf", PDF).content.decode()
    assert on_disk(files) == []
    assert not Attachment.objects.exists()


def test_a_refused_upload_leaves_nothing(cast: Any, made: Account, files: Path) -> None:
    contact(cast.lin, made)
    other = contact(cast.wang, account(cast.wang, "别家"), "李红")
    answer = send(cast.lin, made, "合同.pdf", PDF, contact=other.pk)
    assert answer.status_code == 422
    assert on_disk(files) == []


# --- who gets them -------------------------------------------------------------------------------------------------


def test_it_is_given_to_be_saved_and_never_to_be_shown(cast: Any, made: Account) -> None:
    row = attach(cast.lin, made, '合 "同";.pdf', note="签字版")
    answer = fetch(cast.lin, row)
    assert answer.got == PDF
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'; ")
    assert "no-store" in answer["Cache-Control"]
    fact = last("attachment.given")
    assert (fact.actor_id, fact.customer_id) == (cast.lin.pk, made.pk)
    client = Client()
    client.force_login(cast.zhou, "django.contrib.auth.backends.ModelBackend")
    assert "客户的附件" in client.get("/looks/exports/").content.decode()
    told = [t.text for t in reads.timeline(made.pk).told]
    assert '上传附件 合 "同";.pdf：签字版' in told
    assert not any("下载" in text for text in told)


def test_only_who_sees_the_customer_gets_it(cast: Any) -> None:
    key = account(cast.wang, "重点客户", manager=cast.zhao.pk, key=True)
    row = attach(cast.zhao, key)
    assert fetch(cast.zhao, row).status_code == 200
    assert fetch(cast.chen, row).status_code == 200
    for person in (cast.lin, cast.sun, cast.zhou, cast.wu):
        assert fetch(person, row).status_code in (403, 404)
        assert as_(person).post(
            reverse("customers.attachment-remove", kwargs={"attachment": row.pk})
        ).status_code in (403, 404)
    assert send(cast.lin, key, "x.pdf", PDF).status_code == 404
    assert Client().get(reverse("customers.attachment", kwargs={"attachment": row.pk})).status_code == 302
    with pytest.raises((Forbidden, NotFound)):
        do(cast.chen, "attachments.remove", attachment=row.pk)
    assert Fact.objects.filter(kind="attachment.given").count() == 2


def test_nothing_below_the_folder_is_served(cast: Any, made: Account) -> None:
    row = attach(cast.lin, made)
    for path in (
        f"/files/attachments/{row.stored[:2]}/{row.stored}",
        f"/media/{row.stored}",
        f"/static/{row.stored}",
    ):
        assert as_(cast.wang).get(path).status_code == 404


def test_the_panel(cast: Any, made: Account) -> None:
    person = contact(cast.lin, made)
    attach(cast.lin, made, "报价.pdf", contact=person.pk)
    page = as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk})).content.decode()
    assert "报价.pdf" in page
    assert "未经病毒扫描" in page
    assert "王建国" in page


# --- taken away ----------------------------------------------------------------------------------------------------


def test_removing_is_taken_back_and_then_final(cast: Any, made: Account, files: Path) -> None:
    row = attach(cast.lin, made)
    do(cast.lin, "attachments.remove", attachment=row.pk, reason="传错了")
    assert fetch(cast.lin, row).status_code == 404
    with pytest.raises(NotFound):
        do(cast.lin, "attachments.remove", attachment=row.pk)
    row.refresh_from_db()
    assert running.clear_away(fixed_clock(last("attachment.removed").recorded_at + timedelta(minutes=9))) == 0
    do(cast.lin, "customers.undo", fact=last("attachment.removed").pk)
    assert fetch(cast.lin, row).status_code == 200
    do(cast.lin, "attachments.remove", attachment=row.pk)
    row.refresh_from_db()
    assert (
        running.clear_away(fixed_clock(last("attachment.removed").recorded_at + timedelta(minutes=12))) == 1
    )
    assert on_disk(files) == []
    assert not Attachment.objects.exists()
    assert any(t.text.startswith("删除附件 合同.pdf") for t in reads.timeline(made.pk).told)


def test_what_an_upload_left_behind_is_cleared(cast: Any, made: Account, files: Path) -> None:
    row = attach(cast.lin, made)
    kept = storing.keep("x.pdf", io.BytesIO(PDF), len(PDF))
    old = (NOON - timedelta(days=2)).timestamp()
    for stored in (row.stored, kept.stored):
        os.utime(storing.path_of(stored), (old, old))
    running.clear_away(clock())
    assert [path.name for path in on_disk(files)] == [row.stored]


def test_a_merger_takes_files_along_and_gives_them_back(cast: Any, made: Account) -> None:
    twin = account(cast.wang, "恒远电子公司", manager=cast.lin.pk)
    row = attach(cast.lin, twin)
    do(cast.wang, "customers.merge", customer=made.pk, other=twin.pk)
    assert Attachment.objects.get(pk=row.pk).customer_id == made.pk
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    assert Attachment.objects.get(pk=row.pk).customer_id == twin.pk


def test_erasing_a_contact_deletes_the_files_about_them(
    cast: Any, made: Account, files: Path, django_capture_on_commit_callbacks: Any
) -> None:
    person = contact(cast.lin, made, "欧阳建国")
    attach(cast.lin, made, "身份证.png", PNG, contact=person.pk)
    other = attach(cast.lin, made, "欧阳建国签字.pdf")
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    with django_capture_on_commit_callbacks(execute=True):
        said = {"reason": "request", "sure": True, "password": PASSWORD, "version": person.version}
        do(cast.wang, "contacts.erase_data", contact=person.pk, **said)
    assert [path.name for path in on_disk(files)] == [other.stored]
    other.refresh_from_db()
    assert "欧阳建国" not in other.name


# --- the scanner ---------------------------------------------------------------------------------------------------


def scanner(tmp_path: Path, body: str) -> str:
    """A scanner of a few lines that answers as clamdscan does."""
    script = tmp_path / "scanner.py"
    script.write_text(
        f"import pathlib, sys, time\ncontent = pathlib.Path(sys.argv[1]).read_bytes()\n{body}\n"
    )
    return f"{sys.executable} {script}"


LOOKS = "sys.exit(print('Eicar-Test-Signature FOUND') or 1 if b'EICAR' in content else 0)"


def test_nobody_gets_a_file_before_it_was_scanned(
    cast: Any, made: Account, files: Path, settings: Any, tmp_path: Path
) -> None:
    settings.SCAN = scanner(tmp_path, LOOKS)
    good, bad = attach(cast.lin, made), attach(cast.lin, made, "样本.txt", EICAR)
    assert [fetch(cast.lin, row).status_code for row in (good, bad)] == [404, 404]
    page = as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk})).content.decode()
    assert "等待病毒扫描" in page
    assert running.scan_waiting(clock(), lambda _: None) == 2
    assert [fetch(cast.lin, row).status_code for row in (good, bad)] == [200, 404]
    bad.refresh_from_db()
    assert (bad.state, bad.fault) == ("infected", "Eicar-Test-Signature FOUND")
    assert [path.name for path in on_disk(files)] == [good.stored]
    assert any("带病毒" in t.text for t in reads.timeline(made.pk).told)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('cannot connect to clamd', file=sys.stderr); sys.exit(2)", "cannot connect to clamd"),
        ("time.sleep(30)", "> 1 s"),
    ],
)
def test_a_scanner_that_fails_lets_nothing_through(
    cast: Any, made: Account, settings: Any, tmp_path: Path, body: str, said: str
) -> None:
    settings.SCAN, settings.SCAN_SECONDS = scanner(tmp_path, body), 1
    row = attach(cast.lin, made)
    assert running.scan_waiting(clock(), lambda _: None) == 0
    assert running.scan_waiting(clock(), lambda _: None) == 0
    row.refresh_from_db()
    assert (row.state, row.fault) == ("waiting", said)
    assert Fact.objects.filter(kind="attachment.scanned").count() == 1
    assert fetch(cast.lin, row).status_code == 404
    page = as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk})).content.decode()
    assert "扫描没有成功，会自动再试" in page
    settings.SCAN = scanner(tmp_path, LOOKS)
    assert running.scan_waiting(clock(), lambda _: None) == 1
    assert fetch(cast.lin, row).status_code == 200


@pytest.mark.skipif(not shutil.which("clamscan"), reason="a real scanner: apt-get install clamav")
def test_clamav_lets_the_good_through_and_names_the_bad(
    cast: Any, made: Account, files: Path, settings: Any, tmp_path: Path
) -> None:
    """With a signature of our own: those of ClamAV are fetched from outside."""
    known = hashlib.md5(EICAR, usedforsecurity=False).hexdigest()
    (tmp_path / "own.hdb").write_text(f"{known}:{len(EICAR)}:Own.Eicar-Test\n")
    settings.SCAN = f"clamscan --no-summary --database={shlex.quote(str(tmp_path / 'own.hdb'))}"
    good, bad = attach(cast.lin, made), attach(cast.lin, made, "样本.txt", EICAR)
    assert running.scan_waiting(clock(), lambda _: None) == 2
    assert [fetch(cast.lin, row).status_code for row in (good, bad)] == [200, 404]
    bad.refresh_from_db()
    assert (bad.state, bad.fault) == ("infected", "…: Own.Eicar-Test.UNOFFICIAL FOUND")
    settings.SCAN = "clamscan --no-summary --database=/nowhere"
    assert scanning.scan(files).outcome == "failed"


def test_a_scanner_that_is_not_there_is_said(files: Path, settings: Any) -> None:
    settings.SCAN = "/nowhere/clamdscan --no-summary"
    assert scanning.scan(files).outcome == "failed"


def test_nobody_judges_a_file_by_hand(cast: Any, made: Account, settings: Any, tmp_path: Path) -> None:
    settings.SCAN = scanner(tmp_path, LOOKS)
    row = attach(cast.lin, made)
    with pytest.raises(NotFound):
        perform(
            "attachments.judge", {"attachment": row.pk, "outcome": "clean"}, actor=cast.lin, clock=clock()
        )
    with pytest.raises(Invalid):
        do(
            cast.lin,
            "attachments.add",
            customer=made.pk,
            file_name="x",
            stored="../x",
            size=1,
            sha256="",
            file_kind="pdf",
        )

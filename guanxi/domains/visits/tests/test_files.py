"""Files at visits: whoever sees the visit has them and nobody else; they follow it through hand-over, merger and erasing; and
all of it also over the API. Every byte is a real one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from guanxi.domains.customers.attachments import reach
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_attachments import Attachment
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.visits.models import Visit, VisitFile
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, NotFound
from guanxi.platform.people.models import Person
from tests.company import PASSWORD

from .situation import HOUR, NOON, contact, customer, do, left, planned

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 60
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.SCAN, settings.SCAN_SECONDS = "", 10
    return tmp_path / "files"


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, BACKEND)
    return client


def send(person: Person, visit: Visit, *sent: tuple[str, bytes], **more: Any) -> Any:
    url = reverse("visits.file-new", kwargs={"visit": visit.pk})
    given = [SimpleUploadedFile(name, content) for name, content in sent]
    return as_(person).post(url, {"file": given, **more})


def attach(
    person: Person, visit: Visit, name: str = "签收单.pdf", content: bytes = PDF, **more: Any
) -> Attachment:
    answer = send(person, visit, (name, content), **more)
    assert answer.status_code == 302, answer.content.decode()
    return Attachment.objects.latest("pk")


def fetch(person: Person, row: Attachment) -> Any:
    answer = as_(person).get(reverse("customers.attachment", kwargs={"attachment": row.pk}))
    answer.got = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


def page(person: Person, visit: Visit) -> str:
    return as_(person).get(reverse("visits.detail", kwargs={"visit": visit.pk})).content.decode()


def on_disk(files: Path) -> list[str]:
    return sorted(path.name for path in files.rglob("*") if path.is_file())


# --- on the web ----------------------------------------------------------------------------------------------------


def test_a_photograph_is_taken_at_the_visit_and_stands_with_visit_and_customer(
    cast, hengyuan: Account
) -> None:
    visit = left(cast.lin, hengyuan)
    form = as_(cast.lin).get(reverse("visits.file-new", kwargs={"visit": visit.pk})).content.decode()
    assert 'accept="image/*" capture="environment"' in form
    row = attach(cast.lin, visit, "现场.jpg", JPG, note="三号门")
    assert (row.customer_id, row.kind) == (hengyuan.pk, "jpg")
    assert "现场.jpg" in page(cast.lin, visit)
    assert "三号门" in page(cast.lin, visit)
    shown = as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": hengyuan.pk})).content.decode()
    assert "2026年3月5日的拜访" in shown
    fact = Fact.objects.get(kind="attachment.added")
    assert (fact.data["visit"], fact.customer_id) == (str(visit.pk), hengyuan.pk)
    assert fetch(cast.lin, row).got == JPG


def test_several_at_once_and_one_that_does_not_fit_stops_no_other(
    cast, hengyuan: Account, files: Path
) -> None:
    visit = planned(cast.lin, hengyuan)
    answer = send(cast.lin, visit, ("甲.jpg", JPG), ("乙.exe", b"MZ\x90\0" * 9), ("丙.pdf", PDF), note="现场")
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "乙.exe：这种文件不能上传" in said
    assert "已上传：甲.jpg、丙.pdf" in said
    assert set(Attachment.objects.values_list("name", flat=True)) == {"甲.jpg", "丙.pdf"}
    assert len(on_disk(files)) == VisitFile.objects.count() == 2


def test_the_same_form_sent_twice_writes_once(cast, hengyuan: Account, files: Path) -> None:
    visit = planned(cast.lin, hengyuan)
    for _ in range(2):
        assert send(cast.lin, visit, ("甲.jpg", JPG), _key="k" * 32).status_code == 302
    assert len(on_disk(files)) == Attachment.objects.count() == 1


def test_no_file_and_a_cancelled_visit_are_said_and_nothing_is_kept(
    cast, hengyuan: Account, files: Path
) -> None:
    visit = planned(cast.lin, hengyuan)
    assert "请选择文件" in send(cast.lin, visit).content.decode()
    do("visits.cancel", cast.lin, visit=visit.pk, reason_code="ill")
    answer = send(cast.lin, visit, ("甲.jpg", JPG))
    assert answer.status_code == 409
    assert "这次拜访已取消" in answer.content.decode()
    assert on_disk(files) == []
    assert "拍照或上传" not in page(cast.lin, visit)


# --- who has them --------------------------------------------------------------------------------------------------


def test_who_sees_the_visit_has_its_files_also_without_seeing_the_customer(cast) -> None:
    """zhao comes along to lin's key customer: he sees the visit, and of the customer nothing."""
    key = customer(cast.lin, "瑞安仪表", key=True)
    other = do("attachments.add", cast.lin, customer=key.pk, file_name="合同.pdf", stored="1" * 48, size=1, sha256="",
               file_kind="pdf")  # fmt: skip
    visit = planned(cast.lin, key, colleagues=[cast.zhao.pk])
    row = attach(cast.lin, visit)
    got = {name for name in ("lin", "zhao", "chen", "wang", "zhou", "wu", "sun")
           if fetch(getattr(cast, name), row).status_code == 200}  # fmt: skip
    assert got == {"lin", "zhao", "wang", "chen"}  # wang leads the department above the manager's
    assert list(reach.seen(cast.zhao)) == [row]
    assert list(reach.seen(cast.lin)) == [other, row][::-1]
    assert "签收单.pdf" in page(cast.zhao, visit)
    listed = as_(cast.zhao).get(reverse("customers.files")).content.decode()
    assert "签收单.pdf" in listed
    assert "合同.pdf" not in listed
    assert "瑞安仪表" not in listed  # who sees the visit only is not told the customer beside it
    attach(cast.zhao, visit, "zhao.pdf")  # who comes along works on the visit


def test_taken_away_by_who_works_on_the_visit_and_brought_back(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan, colleagues=[cast.zhao.pk])
    row = attach(cast.zhao, visit)
    for person, refused in ((cast.sun, NotFound), (cast.chen, Forbidden), (cast.zhou, Forbidden)):
        with pytest.raises(refused):
            do("attachments.remove", person, attachment=row.pk)
    do("attachments.remove", cast.zhao, attachment=row.pk)
    assert fetch(cast.lin, row).status_code == 404
    assert "签收单.pdf" not in page(cast.lin, visit)
    do("customers.undo", cast.zhao, fact=Fact.objects.get(kind="attachment.removed").pk)
    assert fetch(cast.lin, row).status_code == 200


def test_they_follow_the_visit_to_whom_it_is_given(cast, hengyuan: Account) -> None:
    key = customer(cast.lin, "瑞安仪表", key=True)
    visit = planned(cast.lin, key)
    row = attach(cast.lin, visit)
    assert fetch(cast.sun, row).status_code == 404
    do("visits.reassign", cast.wang, visits=[visit.pk], owner=cast.sun.pk, reason="病假")
    assert fetch(cast.sun, row).status_code == 200
    assert not reach.seen(cast.zhao).exists()


def test_a_merger_takes_them_along_and_gives_them_back(cast, hengyuan: Account) -> None:
    twin = customer(cast.lin, "恒远电子公司")
    visit = planned(cast.lin, twin)
    row = attach(cast.lin, visit)
    do("customers.merge", cast.wang, customer=hengyuan.pk, other=twin.pk)
    row.refresh_from_db()
    assert row.customer_id == hengyuan.pk
    assert "签收单.pdf" in page(cast.lin, visit)
    do("customers.unmerge", cast.wang, merger=Merger.objects.get().pk)
    row.refresh_from_db()
    assert row.customer_id == twin.pk
    assert VisitFile.objects.get().visit_id == visit.pk


def test_erasing_a_contact_deletes_the_files_about_them(
    cast, hengyuan: Account, files: Path, django_capture_on_commit_callbacks: Any
) -> None:
    someone = contact(hengyuan, "欧阳建国")
    visit = planned(cast.lin, hengyuan, contact=someone.pk)
    attach(cast.lin, visit, "名片.jpg", JPG, contact=someone.pk)
    other = attach(cast.lin, visit, "欧阳建国签字.pdf")
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    said = {"reason": "request", "sure": True, "password": PASSWORD, "version": someone.version}
    with django_capture_on_commit_callbacks(execute=True):
        do("contacts.erase_data", cast.wang, NOON + HOUR, contact=someone.pk, **said)
    assert on_disk(files) == [other.stored]
    assert VisitFile.objects.get().attachment_id == other.pk
    other.refresh_from_db()
    assert "欧阳建国" not in other.name


def test_the_list_of_files_is_asked_for_one_visit_or_one_customer(cast, hengyuan: Account) -> None:
    visits = [planned(cast.lin, hengyuan), planned(cast.lin, customer(cast.lin, "别家"), NOON + 2 * HOUR)]
    rows = [attach(cast.lin, visit, f"{n}.pdf") for n, visit in enumerate(visits)]
    client = as_(cast.lin)
    for query, wanted in (
        (f"visit={visits[0].pk}", [rows[0]]),
        (f"number={hengyuan.pk}", [rows[0]]),
        ("kind=jpg", []),
        ("", rows[::-1]),
    ):
        answer = client.get(f"/customers/files/?{query}").content.decode()
        assert [f"{row.pk}/" in answer and row.name in answer for row in rows] == [
            row in wanted for row in rows
        ]


# --- over the API --------------------------------------------------------------------------------------------------


def token_of(person: Person) -> str:
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    return str(do("people.make_token", person, label="脚本", password=PASSWORD).plain)


def call(token: str, method: str, path: str, data: Any = None, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    return getattr(Client(), method)(f"/api/{path}", data, headers=headers, **more)


def in_json(token: str, body: Any, **headers: str) -> Any:
    return call(
        token, "post", "attachments", json.dumps(body), content_type="application/json", headers=headers
    )


def test_a_program_attaches_lists_and_fetches_with_the_rights_of_its_person(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan)
    token, stranger = token_of(cast.lin), token_of(cast.sun)
    as_form = {"visit": visit.pk, "note": "扫描件", "file": SimpleUploadedFile("签收单.pdf", PDF)}
    made = call(token, "post", "attachments", as_form)
    assert made.status_code == 200, made.content.decode()
    first = made.json()["id"]
    content = base64.b64encode(JPG).decode()
    second = in_json(token, {"customer": hengyuan.pk, "name": "现场.jpg", "content": content}).json()["id"]
    assert (made.json()["subject"], VisitFile.objects.get().attachment_id) == ("attachment", first)
    listed = call(token, "get", f"lists/customers.files?visit={visit.pk}").json()["rows"]
    assert [row["name"] for row in listed] == ["签收单.pdf"]
    assert len(call(token, "get", f"lists/customers.files?number={hengyuan.pk}").json()["rows"]) == 2
    got = call(token, "get", f"attachments/{second}")
    assert (b"".join(got.streaming_content), got["Content-Type"]) == (JPG, "application/octet-stream")
    assert Fact.objects.get(kind="attachment.given").data["attachment"] == str(second)
    assert call(stranger, "get", f"attachments/{second}").status_code == 404
    assert call(stranger, "get", "lists/customers.files").json()["rows"] == []
    assert in_json(stranger, {"visit": visit.pk, "name": "x.jpg", "content": content}).status_code == 404
    assert Client().get(f"/api/attachments/{second}").status_code == 401
    assert call(token, "get", "attachments/999999999").status_code == 404
    assert call(token, "get", "attachments/9999999999999999999999").status_code == 404


def test_the_same_call_twice_attaches_once(cast, hengyuan: Account, files: Path) -> None:
    token = token_of(cast.lin)
    body = {"customer": hengyuan.pk, "name": "现场.jpg", "content": base64.b64encode(JPG).decode()}
    answers = [in_json(token, body, **{"Idempotency-Key": "nightly-7"}).json() for _ in range(2)]
    assert [one["replayed"] for one in answers] == [False, True]
    assert answers[0]["id"] == answers[1]["id"]
    assert len(on_disk(files)) == Attachment.objects.count() == 1
    other = in_json(token, {**body, "note": "另一个"}, **{"Idempotency-Key": "nightly-7"})
    assert (other.status_code, other.json()["kind"]) == (409, "conflict")
    assert len(on_disk(files)) == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": "a.jpg", "content": ""}, {"customer", "visit"}),
        ({"customer": 1, "visit": 1, "name": "a.jpg", "content": ""}, {"customer", "visit"}),
        ({"customer": 1, "content": "eA=="}, {"name"}),
        ({"customer": 1, "name": "a.jpg"}, {"content"}),
        ({"customer": 1, "name": "a.jpg", "content": "€"}, {"content"}),
        ({"customer": 1, "name": "a.jpg", "content": 7}, {"content"}),
        ({"customer": 1, "name": "a.jpg", "content": "eA==", "stored": "0" * 48}, {"stored"}),
        ({"customer": 1, "name": "a.exe", "content": "TVqQAA=="}, {"file"}),
        ({"customer": "x", "name": "a.txt", "content": "eA=="}, {"customer"}),
    ],
)
def test_what_does_not_fit_is_named_and_kept_nowhere(cast, files: Path, body: Any, fields: set[str]) -> None:
    answer = in_json(token_of(cast.lin), body)
    assert answer.status_code == 422, answer.content.decode()
    assert answer.json()["fields"].keys() == fields
    assert on_disk(files) == []


def test_a_form_without_a_file_is_refused(cast, hengyuan: Account) -> None:
    answer = call(token_of(cast.lin), "post", "attachments", {"customer": hengyuan.pk})
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["file"])


def test_nothing_is_written_where_the_visit_was_cancelled_meanwhile(
    cast, hengyuan: Account, files: Path
) -> None:
    visit = planned(cast.lin, hengyuan)
    do("visits.cancel", cast.lin, visit=visit.pk, reason_code="ill")
    body = {"visit": visit.pk, "name": "现场.jpg", "content": base64.b64encode(JPG).decode()}
    assert in_json(token_of(cast.lin), body).status_code == 409
    with pytest.raises(Conflict):
        do(
            "visits.attach",
            cast.lin,
            visit=visit.pk,
            file_name="x.pdf",
            stored="0" * 48,
            size=1,
            sha256="",
            file_kind="pdf",
        )
    assert on_disk(files) == []

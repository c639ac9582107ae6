"""Given a disk that fills while a file comes in, then every form that takes files says so at the field, and keeps nothing."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files import uploadedfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import guanxi
from guanxi.domains.customers.models_attachments import Attachment
from guanxi.domains.customers.models_import import Import
from guanxi.domains.visits.tests.situation import NOON, customer, planned
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.people.models import Person
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.ui.uploads import FULL, ToDisk
from tests.company import PASSWORD

FULL_DEVICE = Path("/dev/full")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TABLE = "登录名,姓名\nqian,钱一\n".encode()
ADDRESSES = {
    "customers/import.html": "/customers/import/",
    "customers/attachment_new.html": "/customers/{customer}/files/new/",
    "people/import.html": "/people/import/",
    "setup/people.html": "",  # the same reading of the file as people/import.html, before anybody can sign in
    "ui/style.html": "",  # shows what fields look like, and sends nothing
}
"""Every form that takes files, by its template."""

needs_full = pytest.mark.skipif(not FULL_DEVICE.exists(), reason="no /dev/full here")
db = pytest.mark.django_db


@pytest.fixture
def full(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Temporary files on a disk without room (the system's /dev/full), whatever their size; in which folder."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    folder = tmp_path / "coming-in"
    folder.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    make = tempfile.NamedTemporaryFile

    def made(*args: Any, **kwargs: Any) -> Any:
        file = make(*args, **kwargs)
        device = os.open(FULL_DEVICE, os.O_WRONLY)
        os.dup2(device, file.fileno())
        os.close(device)
        return file

    monkeypatch.setattr(uploadedfile.tempfile, "NamedTemporaryFile", made)
    return folder


def as_(person: Person) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def test_every_form_that_takes_files_is_named_here() -> None:
    root = Path(guanxi.__file__).parent
    found = {
        str(Path(*path.parts[-2:]))
        for path in root.rglob("templates/**/*.html")
        if re.search(r'type="file"|ui/drop\.html', path.read_text(encoding="utf-8"))
        and path.name != "drop.html"
    }
    assert found == set(ADDRESSES)


@db
@needs_full
@pytest.mark.parametrize("size", [len(PDF), 3_000_000], ids=["at the last byte", "in the middle"])
@pytest.mark.parametrize("template", [name for name, address in ADDRESSES.items() if address])
def test_a_page_says_that_the_disk_is_full(cast: Cast, full: Path, template: str, size: int) -> None:
    person = cast.wu if "people" in template else cast.wang
    address = ADDRESSES[template].format(customer=customer(cast.wang).pk)
    for language, said in (("", FULL.zh), ("en", FULL.en.replace("'", "&#x27;"))):
        person.language = language
        person.save(update_fields=["language"])
        facts, file = Fact.objects.count(), SimpleUploadedFile("甲.pdf", PDF.ljust(size, b"\0"))
        answer = as_(person).post(address, {"file": file})
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert Fact.objects.count() == facts
    assert list(full.iterdir()) == []
    assert not Attachment.objects.exists()
    assert not Import.objects.exists()


@db
@needs_full
def test_what_else_the_form_holds_arrives(cast: Cast, full: Path) -> None:
    address = f"/customers/{customer(cast.wang).pk}/files/new/"
    files = [SimpleUploadedFile("甲.pdf", PDF), SimpleUploadedFile("乙.pdf", PDF)]
    page = as_(cast.wang).post(address, {"file": files, "note": "两份合同"}).content.decode()
    assert page.count(FULL.zh) >= 2
    assert "甲.pdf" in page
    assert "乙.pdf" in page
    assert "两份合同" in page


@db
@needs_full
def test_a_visit_and_a_program_hear_it_too(cast: Cast, full: Path) -> None:
    visit = planned(cast.lin, customer(cast.lin))
    answer = as_(cast.lin).post(f"/visits/{visit.pk}/files/new/", {"file": SimpleUploadedFile("甲.pdf", PDF)})
    assert (answer.status_code, FULL.zh in answer.content.decode()) == (422, True)
    cast.lin.set_password(PASSWORD)
    cast.lin.save(update_fields=["password"])
    made = perform(
        "people.make_token", {"label": "照片", "password": PASSWORD}, actor=cast.lin, clock=fixed_clock(NOON)
    )
    said = Client().post(
        "/api/attachments",
        {"visit": visit.pk, "file": SimpleUploadedFile("甲.pdf", PDF)},
        headers={"authorization": f"Bearer {made.value.plain}", "accept-language": "en"},
    )
    assert said.status_code == 422
    assert FULL.en in str(said.json()) or FULL.zh in str(said.json())
    assert list(full.iterdir()) == []
    assert not Attachment.objects.exists()


def test_another_fault_of_the_disk_stays_a_fault(settings: Any, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "not there")
    with pytest.raises(FileNotFoundError):
        ToDisk().new_file("file", "甲.pdf", "application/pdf", 1)


@db
def test_with_room_a_large_file_arrives_as_it_was_sent(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.FILE_UPLOAD_MAX_MEMORY_SIZE = str(tmp_path), 0
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    page = as_(cast.wu).post("/people/import/", {"file": SimpleUploadedFile("人员.csv", TABLE)})
    assert "钱一" in page.content.decode()

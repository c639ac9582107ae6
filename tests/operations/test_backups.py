"""Given a company at work, when a backup is taken and restored elsewhere, then nothing is missing, and whatever dies or
fills up on the way leaves the old or nothing."""

from __future__ import annotations

import io
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from guanxi.platform.backups import erased, restoring, taking

from . import company_home
from .company_home import ODD_TEXTS, is_whole, names, odd_texts, python, ran, select
from .running import clean, once, running, wait_for

PASSPHRASE = "一二三四五六七八九十甲乙"
WRITER = """
from pathlib import Path
from guanxi.platform.kernel import perform
from guanxi.platform.people.models import Person
wang = Person.objects.get(username={who!r})
number = 0
while not Path({stop!r}).exists() and number < 100_000:
    number += 1
    perform("customers.create", {{"name": f"边写边备{{number}}", "kinds": ["company"]}}, actor=wang)
"""


def contents(home: Path) -> dict[str, int]:
    tables = [
        t for (t,) in select(home, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL")
    ]
    skipped = (
        "search_entry_words",
        "search_scope",
        "django_session",
        "people_session",
        "jobs_heartbeat",
        "sqlite_",
        "django_migrations",
    )
    return {t: select(home, f'SELECT count(*) FROM "{t}"')[0][0] for t in tables if not t.startswith(skipped)}


def test_taken_while_people_work_and_restored_elsewhere(home: Path, tmp_path: Path) -> None:
    elsewhere, stop = tmp_path / "elsewhere", tmp_path / "stop"
    before = names(home)
    writer = subprocess.Popen(
        python(WRITER.format(who=company_home.holder(home, "service_manager"), stop=str(stop))),
        env=clean(home),
    )
    try:
        assert wait_for(lambda: names(home) != before or writer.poll() is not None)
        status, said = once(home, "backup", "--to", str(tmp_path / "backups"))
    finally:
        stop.touch()
        writer.wait()
    assert status == 0, said
    assert "NOT encrypted" in said
    (path,) = (tmp_path / "backups").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    status, said = once(elsewhere, "restore", str(path))
    assert status == 0, said
    assert "replay clean" in said
    is_whole(elsewhere)
    assert before < names(elsewhere) <= names(home)
    assert odd_texts(elsewhere) == list(ODD_TEXTS)
    assert (elsewhere / "files" / "2026" / "合同.pdf").read_bytes() == b"%PDF-1.7 " * 1000
    # A key that everybody could read in it would be no key; sessions do not come back to life.
    assert (elsewhere / "secret-key").read_text() != (home / "secret-key").read_text()
    assert select(elsewhere, "SELECT * FROM people_session") == []
    assert select(home, "SELECT count(*) FROM people_session") == [(1,)]
    # What waited may have been sent since.
    waited = "SELECT state FROM gx_messages_outgoingmessage WHERE key = 'waits'"
    assert select(elsewhere, waited) == [("uncertain",)]
    assert select(elsewhere, "SELECT count(*) FROM journal_fact WHERE kind = 'backup.restored'") == [(1,)]
    assert select(home, "SELECT count(*) FROM journal_fact WHERE kind = 'backup.taken'") == [(1,)]
    scopes = "SELECT ref, scope FROM search_scope ORDER BY ref"  # whose customers are stands in no backup, but in them
    assert select(elsewhere, scopes)
    assert set(select(elsewhere, scopes)) <= set(select(home, scopes))
    # Ids of what was deleted are not given again.
    given = "SELECT seq FROM sqlite_sequence WHERE name = 'regulations_statetally'"
    assert select(elsewhere, given)[0] >= select(elsewhere, "SELECT max(id) FROM regulations_statetally")[0]


def test_sealed_it_holds_the_key_and_opens_with_the_passphrase_only(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    short = once(home, "backup", "--to", str(folder), "--encrypt", GUANXI_BACKUP_PASSPHRASE="zu kurz")
    assert (short[0], "at least 12" in short[1]) == (2, True)
    nobody = once(home, "backup", "--to", str(folder), "--encrypt")
    assert (nobody[0], "no passphrase" in nobody[1]) == (2, True)
    status, said = once(home, "backup", "--to", str(folder), "--encrypt", GUANXI_BACKUP_PASSPHRASE=PASSPHRASE)
    assert status == 0, said
    (path,) = folder.iterdir()
    assert path.name.endswith(".sealed")
    key = (home / "secret-key").read_text()
    # Long ones: three bytes stand in any cipher by chance.
    for secret in (key, "start.json", "secret-key", "000001.jsonl"):
        assert secret.encode() not in path.read_bytes()
    empty = tmp_path / "empty"
    status, said = once(empty, "restore", str(path), GUANXI_BACKUP_PASSPHRASE=PASSPHRASE + "?")
    assert (status, "passphrase is wrong" in said) == (1, True), said
    assert not (empty / "guanxi.sqlite3").exists()
    words = tmp_path / "words"
    words.write_text(PASSPHRASE + "\n")
    status, said = once(empty, "restore", str(path), "--passphrase-file", str(words))
    assert status == 0, said
    assert (empty / "secret-key").read_text() == key
    assert (empty / "secret-key").stat().st_mode & 0o077 == 0


def test_a_full_disk_is_said_and_leaves_nothing(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "guanxi", "backup", "--to", str(folder)],
        env=clean(home),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    assert done.returncode == 1
    assert f"{folder} has no room" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(home: Path, tmp_path: Path, take: Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(taking.Failed, match="file"):
        take(home, tmp_path / "file")
    with pytest.raises(taking.Failed, match="file"):
        take(home, tmp_path / "file" / "below")


def test_killed_in_the_middle_nothing_passes_for_a_backup(home: Path, tmp_path: Path, take: Any) -> None:
    folder = tmp_path / "backups"
    code = f"from pathlib import Path; from guanxi.platform.backups.taking import take; take(Path({str(folder)!r}))"
    process = subprocess.Popen(python(code), env=clean(home))
    assert wait_for(
        lambda: any(p.stat().st_size for p in folder.glob(".*.part")) or process.poll() is not None
    )
    process.kill()
    process.wait()
    for path in folder.iterdir():
        if path.name.startswith("."):
            with pytest.raises(taking.Failed):
                restoring.check(path)
        else:
            restoring.check(path)  # it was quicker than we were
    take(home, folder)
    assert list(folder.glob(".*.part")) == []


def test_two_at_once_are_two_backups(home: Path, tmp_path: Path, take: Any) -> None:
    first, second = take(home, tmp_path / "backups"), take(home, tmp_path / "backups")
    assert first != second
    assert restoring.check(first)["rows"] == restoring.check(second)["rows"] > 1000


def test_a_company_is_not_written_over_unless_told(home: Path, tmp_path: Path, take: Any) -> None:
    backup = take(home, tmp_path / "backups")
    with company_home.writing(home) as database:
        database.execute("UPDATE customers_account SET name = '备份之后' WHERE id = 1")
    (home / "files" / "later").write_text("later")
    key, before = (home / "secret-key").read_text(), names(home)
    status, said = once(home, "restore", str(backup))
    assert (status, "--replace" in said) == (1, True), said
    assert names(home) == before
    status, said = once(home, "restore", str(backup), "--replace")
    assert status == 0, said
    assert "备份之后" not in names(home)
    assert not (home / "files" / "later").exists()
    assert (home / "secret-key").read_text() == key
    (aside,) = home.glob("guanxi.sqlite3.before-*")
    old = sqlite3.connect(aside)
    assert old.execute("SELECT 1 FROM customers_account WHERE name = '备份之后'").fetchone()
    old.close()
    (files,) = home.glob("before-*/files/later")
    assert files.read_text() == "later"


def test_not_while_guanxi_runs(home: Path, tmp_path: Path, take: Any) -> None:
    backup = take(home, tmp_path / "backups")
    with running(home, "--no-demo") as run:
        run.ready()
        for command in (
            ("restore", str(backup), "--replace"),
            ("move", "--to", f"sqlite:///{tmp_path}/other"),
        ):
            status, said = once(home, *command)
            assert (status, "stop it first" in said) == (1, True), said
        run.stop()


def test_a_damaged_backup_changes_nothing(home: Path, tmp_path: Path, take: Any) -> None:
    backup = take(home, tmp_path / "backups")
    before, data = contents(home), backup.read_bytes()
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(data[: len(data) // 2])
    status, said = once(home, "restore", str(damaged), "--replace")
    assert (status, "nothing was changed" in said) == (1, True), said
    assert contents(home) == before
    assert not (home / "restoring").exists()
    assert list(home.glob("*.building*")) == []
    status, said = once(home, "restore", "--check", str(damaged))
    assert (status, "cut off" in said) == (1, True), said
    status, said = once(home, "restore", str(tmp_path / "missing"))
    assert (status, "Traceback" in said) == (1, False), said


def test_a_journal_that_was_tampered_with_is_not_restored_unless_told(
    home: Path, tmp_path: Path, take: Any
) -> None:
    with company_home.writing(home) as database:
        database.execute("DROP TRIGGER journal_fact_no_update")
        database.execute("UPDATE journal_fact SET kind = 'customer.graded' WHERE seq = 5")
    backup, empty = take(home, tmp_path / "backups"), tmp_path / "empty"
    status, said = once(empty, "restore", str(backup))
    assert (status, "not whole" in said) == (1, True), said
    assert not (empty / "guanxi.sqlite3").exists()
    status, said = once(empty, "restore", str(backup), "--anyway")
    assert status == 0, said
    assert once(empty, "journal", "verify")[0] == 1  # it stays visible


@pytest.mark.parametrize("when", ["built", "files"])
def test_killed_in_the_middle_the_old_stays_and_that_is_said(
    home: Path, tmp_path: Path, take: Any, when: str
) -> None:
    backup, before = take(home, tmp_path / "backups"), contents(home)
    process = subprocess.Popen(
        [sys.executable, "-m", "guanxi", "restore", str(backup), "--replace"],
        env=clean(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    building = home / "guanxi.sqlite3.building"

    def far_enough() -> bool:
        if when == "built":
            return building.exists() and building.stat().st_size > 0
        return (home / "restoring" / "files" / "2026" / "合同.pdf").exists()

    assert wait_for(lambda: far_enough() or process.poll() is not None)
    process.kill()
    process.wait()
    status, said = once(home, "journal", "verify")
    assert status == 0, said
    if not list(home.glob("guanxi.sqlite3.before-*")):  # else it was quicker than we were
        assert "interrupted before it changed anything" in said
        assert contents(home) == before
        assert not building.exists()
    assert not (home / "restoring").exists()


def test_one_of_an_older_version_is_brought_up_to_date(home: Path, tmp_path: Path, take: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "customers", "0002", "-v0"],
        env=clean(home),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    # The program is newer than the database: a backup is just what one wants then.
    backup = take(home, tmp_path / "backups")
    with tarfile.open(backup) as archive:
        start = json.load(archive.extractfile("start.json"))  # type: ignore[arg-type]
    assert ["customers", "0003_imports"] not in start["migrations"]
    empty = tmp_path / "empty"
    status, said = once(empty, "restore", str(backup))
    assert status == 0, said
    assert select(empty, "SELECT count(*) FROM customers_import") == [(0,)]
    assert names(empty) == names(home)
    scoped = "SELECT count(*), count(nullif(scope, '')) FROM search_scope"
    assert select(empty, scoped) == [(len(names(empty)),) * 2]


def test_one_of_a_newer_version_is_refused(home: Path, tmp_path: Path, take: Any) -> None:
    made_up = tmp_path / "newer.tar.gz"
    with tarfile.open(take(home, tmp_path / "backups")) as old, tarfile.open(made_up, "w:gz") as new:
        for member in old.getmembers():
            data = old.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == "start.json":
                start = json.loads(data)
                start["migrations"].append(["customers", "0999_later"])
                data = json.dumps(start).encode()
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    status, said = once(tmp_path / "empty", "restore", str(made_up))
    assert (status, "newer version" in said) == (1, True), said


def test_another_zone_is_refused(made: Path, tmp_path: Path, take: Any) -> None:
    backup = take(made, tmp_path / "backups")
    status, said = once(tmp_path / "empty", "restore", str(backup), GUANXI_TIME_ZONE="Asia/Urumqi")
    assert (status, "Asia/Shanghai" in said) == (1, True), said


def test_the_worker_takes_what_is_due_and_keeps_so_many(home: Path) -> None:
    administrator = company_home.holder(home, "administrator")
    for key, value in (("backup.rhythm", "hourly"), ("backup.keep", "1")):
        status, said = once(
            home, "do", "people.change_setting", f"key={key}", f"value={value}", "--as", administrator
        )
        assert status == 0, said
    folder = home / "backups"
    folder.mkdir()
    (folder / "guanxi-scheduled-20200101-020000.tar.gz").write_text("old")
    (folder / "guanxi-20200101-020000.tar.gz").write_text("by hand")
    assert once(home, "worker", "--once")[0] == 0
    found = sorted(p.name for p in folder.iterdir())
    assert len(found) == 2
    assert found[0] == "guanxi-20200101-020000.tar.gz"
    assert restoring.check(folder / found[1])["sealed"] is False
    assert os.stat(folder / found[1]).st_mode & 0o077 == 0


KNOWN = """
import io
from guanxi.domains.customers.attachments.storing import keep
from guanxi.platform.kernel import perform
from guanxi.platform.people.models import Person
wang = Person.objects.get(username={who!r})
wang.set_password("ganlan-shu-2026")
wang.save()
def add(customer, name, phone):
    data = {{"customer": customer, "name": name, "phone": phone}}
    return perform("contacts.add", data, actor=wang).value
customer = perform("customers.create", {{"name": "明光电子有限公司", "kinds": ["company"]}}, actor=wang).value
for name, phone in (("欧阳旧识", "13900001111"), ("司马新知", "13900002222")):
    contact = add(customer.pk, name, phone)
    print(contact.pk)
kept = keep("旧识.pdf", io.BytesIO(b"%PDF-1.7 of her"), 15)
data = {{"stored": kept.stored, "file_name": "旧识.pdf", "size": kept.size, "sha256": kept.sha256, "file_kind": kept.kind}}
perform("attachments.add", {{"customer": customer.pk, "contact": contact.pk - 1, **data}}, actor=wang)
"""
ERASE = """
from guanxi.platform.kernel import perform
from guanxi.platform.people.models import Person
wang = Person.objects.get(username={who!r})
data = {{"contact": {contact}, "reason": "request", "note": "来函 2026-17", "sure": True, "password": "ganlan-shu-2026"}}
perform("contacts.erase_data", data, actor=wang)
"""
HERS = "SELECT erased_at IS NOT NULL, phone FROM customers_contact WHERE id IN ({}) ORDER BY id"


def files_of(home: Path) -> list[Path]:
    return list((home / "files" / "attachments").rglob("*/*"))


def test_who_was_erased_since_is_not_brought_back(home: Path, tmp_path: Path, take: Any) -> None:
    old, other = (int(id) for id in ran(home, KNOWN))
    hers = HERS.format(f"{old}, {other}")
    assert len(files_of(home)) == 1
    backup = take(home, tmp_path / "backups")
    ran(home, ERASE, contact=old)
    assert select(home, hers)[0] == (1, "")
    for _ in range(2):  # and what was restored once knows it the next time too
        status, said = once(home, "restore", str(backup), "--replace")
        assert status == 0, said
        assert "Erased again: 1" in said
        assert select(home, hers) == [(1, ""), (0, "139 0000 2222")]
        assert "13900001111" not in str(select(home, "SELECT body FROM journal_facttext"))
        assert files_of(home) == []
        said_of = (
            "SELECT t.body FROM journal_fact f JOIN journal_facttext t ON t.fact_id = f.seq WHERE f.kind = "
        )
        assert [json.loads(body) for (body,) in select(home, f"{said_of}'contact.erased'")] == [
            {"note": "来函 2026-17"}
        ]
    is_whole(home)


def test_only_a_journal_that_goes_on_from_the_backup_says_who_was_erased(
    home: Path, monkeypatch: Any
) -> None:
    """Elsewhere the same numbers are other people. Any kind of fact may stand for erasing here."""
    monkeypatch.setattr(erased, "all_erasings", lambda: {"customer.created": None})
    made = select(
        home, "SELECT seq, hex(hash) FROM journal_fact WHERE kind = 'customer.created' ORDER BY seq"
    )
    (seq, mark), later = made[0], [seq for seq, _ in made[1:]]
    database, head = company_home.database(home), mark.lower()
    told, why = erased.erased_since(database, seq, head)
    assert ([one[0] for one in told], why) == (later, "")
    assert erased.erased_since(database, seq, "0" * 64) == ([], "elsewhere")
    assert erased.erased_since(database, 10**9, "0" * 64) == ([], "")  # nobody was, so nobody comes back
    with company_home.writing(home) as damaged:
        damaged.execute("ALTER TABLE journal_fact RENAME COLUMN kind TO sort")
    assert erased.erased_since(database, seq, head) == ([], "unreadable")

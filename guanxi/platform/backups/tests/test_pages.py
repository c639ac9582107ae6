"""Given an administrator, when backups are set, taken or fail, then the page, the check and the journal say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from guanxi.platform.backups import reads, taking, timetable
from guanxi.platform.jobs.models import Job
from guanxi.platform.jobs.worker import run_one, start_due_schedules
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, Invalid, Text, fixed_clock, perform
from guanxi.platform.people.models import Person
from guanxi.platform.people.tests.cast import Cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
"""Wednesday, noon in Shanghai."""


@pytest.fixture(autouse=True)
def _unpacked(settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Backups are taken in word only; what they were asked for is kept."""
    asked: list[dict[str, Any]] = []

    def take(folder: Path, **more: Any) -> taking.Taken:
        asked.append({"folder": folder, **more})
        more["tell"](5, 10)
        return taking.Taken(
            folder / "guanxi-1.tar.gz", 12_300_000, 100, 2, bool(more["passphrase"]), 90, "ab" * 32
        )

    monkeypatch.setattr(taking, "take", take)
    return asked


def choose(person: Person, **values: str) -> None:
    for name, value in values.items():
        key = f"backup.{name}"
        perform("people.change_setting", {"key": key, "value": value}, actor=person, clock=fixed_clock(NOW))


def work(at: datetime) -> None:
    start_due_schedules(at)
    while run_one("w", fixed_clock(at)):
        pass


def page_of(person: Person, language: str = "zh-hans") -> str:
    person.language = language
    person.save(update_fields=["language"])
    browser = Client()
    browser.force_login(person)
    answer = browser.get("/settings/backups/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_only_the_administrator_sees_and_takes(cast: Cast) -> None:
    for person in cast.everybody():
        browser = Client()
        browser.force_login(person)
        allowed = person == cast.wu
        assert browser.get("/settings/backups/").status_code == (200 if allowed else 403)
        if not allowed:
            with pytest.raises(Forbidden):
                perform("backups.take", {}, actor=person)


def test_an_empty_page_says_what_to_do(cast: Cast) -> None:
    page = page_of(cast.wu)
    for words in ("还没有备份", "没有设置定期备份", "没有加密", "立即备份"):
        assert words in page
    english = page_of(cast.wu, "en")
    for words in ("No backup yet", "not encrypted", "Back up now", "cannot be downloaded"):
        assert words in english


def test_asked_for_it_is_taken_once_and_told(cast: Cast, made: list[dict[str, Any]]) -> None:
    for _ in range(2):  # a double click
        perform("backups.take", {}, actor=cast.wu, clock=fixed_clock(NOW))
    assert Job.objects.filter(name="backups.by_hand").count() == 1
    assert "正在后台备份" in page_of(cast.wu)
    assert run_one("w", fixed_clock(NOW))
    assert [m["name"] for m in made] == [taking.BY_HAND]
    line = reads.last("backup.taken")
    assert line is not None
    assert (line.size, line.scheduled, line.sealed, line.facts) == (12_300_000, False, False, 90)
    page = page_of(cast.wu)
    assert "手工备份，12.3 MB，未加密" in page
    assert "guanxi-1.tar.gz" in page


def test_the_rhythm_of_the_company(cast: Cast, made: list[dict[str, Any]]) -> None:
    work(NOW)
    assert made == []
    choose(cast.wu, rhythm="daily", hour="2", keep="3")
    work(NOW)  # what was due at two this morning
    work(NOW + timedelta(minutes=20))
    assert len(made) == 1
    work(NOW + timedelta(days=1))
    assert len(made) == 2
    assert {m["name"] for m in made} == {taking.BY_SCHEDULE}
    assert "明天 02:00" in page_of(cast.wu) or "今天 02:00" in page_of(cast.wu)
    assert Fact.objects.filter(kind="backup.taken").count() == 2


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [
        ("hourly", datetime(2026, 11, 25, 4, 0, tzinfo=UTC)),
        ("daily", datetime(2026, 11, 24, 18, 0, tzinfo=UTC)),
        ("weekly", datetime(2026, 11, 21, 18, 0, tzinfo=UTC)),
    ],
)
def test_when_it_is_due(cast: Cast, rhythm: str, expected: datetime) -> None:
    choose(cast.wu, rhythm=rhythm)
    assert timetable.due(NOW) == expected


def test_one_that_fails_is_tried_again_then_told_everywhere(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(folder: Path, **more: Any) -> taking.Taken:
        raise taking.Failed(Text("空间不足", "no room"))

    monkeypatch.setattr(taking, "take", take)
    choose(cast.wu, rhythm="daily")
    for minutes in range(0, 60, 5):
        work(NOW + timedelta(minutes=minutes))
    assert Fact.objects.filter(kind="backup.failed").count() == 1
    assert Job.objects.get(name="backups.scheduled", state="failed").attempts == 3
    warned = reads.warning(NOW)
    assert warned is not None
    assert (warned.zh, warned.en) == ("最近一次备份失败：空间不足", "The last backup failed: no room")
    assert "空间不足" in page_of(cast.wu)


def test_what_was_not_made_in_time_is_told(cast: Cast, made: list[dict[str, Any]]) -> None:
    choose(cast.wu, rhythm="daily")
    work(NOW)
    assert reads.warning(NOW) is None
    late = reads.warning(NOW + timedelta(days=1))
    assert late is not None
    assert late.en == "The scheduled backup was not made in time"


def test_sealed_by_the_passphrase_of_the_environment(
    cast: Cast, made: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_BACKUP_PASSPHRASE", "一二三四五六七八九十甲乙")
    choose(cast.wu, rhythm="daily")
    work(NOW)
    assert made[0]["passphrase"] == "一二三四五六七八九十甲乙"
    page = page_of(cast.wu)
    assert "已加密" in page
    assert "一二三四五六七八九十甲乙" not in page


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(taking.Failed, match="at least 12"):
        taking.take(tmp_path, passphrase="kurz")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hour", "24"),
        ("hour", "x"),
        ("keep", "0"),
        ("rhythm", "yearly"),
        ("folder", "backups"),
        ("folder", "/no/such/folder"),
        ("folder", "/srv/../../etc/passwd"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(cast: Cast, key: str, value: str) -> None:
    with pytest.raises(Invalid):
        choose(cast.wu, **{key: value})


def test_not_into_folders_that_are_served(cast: Cast, tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT, settings.MEDIA_ROOT = tmp_path / "static", tmp_path / "files"
    for name in ("static", "files", "backups"):
        (tmp_path / name).mkdir()
    choose(cast.wu, folder=str(tmp_path / "backups"))
    assert timetable.folder() == tmp_path / "backups"
    (tmp_path / "link").symlink_to(tmp_path / "static")
    for name in ("static", "files", "backups/../static", "link", "static/below"):
        with pytest.raises(Invalid):
            choose(cast.wu, folder=str(tmp_path / name))


def test_only_what_the_schedule_made_is_thinned_out(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / f"guanxi-scheduled-2026110{day}-020000.tar.gz").touch()
    for other in ("guanxi-20200101-020000.tar.gz", "guanxi-scheduled-notes.txt", "customers.xlsx"):
        (tmp_path / other).touch()
    gone = taking.thin_out(tmp_path, 2)
    assert gone == [f"guanxi-scheduled-2026110{day}-020000.tar.gz" for day in (1, 2, 3)]
    assert len(list(tmp_path.iterdir())) == 5
    assert taking.thin_out(tmp_path, 0) == ["guanxi-scheduled-20261104-020000.tar.gz"]  # never the last one

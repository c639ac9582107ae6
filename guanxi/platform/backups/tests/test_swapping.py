"""Given a restore that is checked, when the process dies at any step, then the next one ends what it began."""

from __future__ import annotations

from pathlib import Path

import pytest

from guanxi.platform.backups import swapping
from guanxi.platform.backups.places import SqlitePlace

OLD, NEW = "old", "new"


class Died(BaseException):
    """kill -9."""


def folder(home: Path) -> SqlitePlace:
    """A data folder with an old company, and a new one that was built beside it."""
    place = SqlitePlace({"ENGINE": "django.db.backends.sqlite3", "NAME": str(home / "guanxi.sqlite3")})
    for name in ("guanxi.sqlite3", "guanxi.sqlite3-wal", "guanxi.sqlite3-shm", "secret-key"):
        (home / name).write_text(OLD)
    (home / "files").mkdir(parents=True)
    (home / "files" / "a").write_text(OLD)
    place.building.write_text(NEW)
    for name in ("files", "home"):
        (swapping.aside(home) / name).mkdir(parents=True)
    (swapping.aside(home) / "files" / "b").write_text(NEW)
    (swapping.aside(home) / "home" / "secret-key").write_text(NEW)
    return place


def plan(home: Path, place: SqlitePlace, *, keep: bool) -> None:
    steps = [*place.steps("s"), *swapping.file_steps(home, ["home/secret-key", "files/b"], "s")]
    swapping.write_plan(home, steps, keep=keep)


def new_is_there(home: Path) -> bool:
    return (
        (home / "guanxi.sqlite3").read_text() == NEW
        and (home / "secret-key").read_text() == NEW
        and [p.name for p in (home / "files").iterdir()] == ["b"]
        and not (home / "guanxi.sqlite3-wal").exists()
        and not swapping.aside(home).exists()
    )


def steps_of(tmp_path: Path, keep: bool) -> list[str]:
    home = tmp_path / "dry"
    seen: list[str] = []
    home.mkdir()
    place = folder(home)
    plan(home, place, keep=keep)
    swapping.carry_out(home, place.database, seen.append)
    assert new_is_there(home)
    return seen


@pytest.mark.parametrize("keep", [True, False])
def test_dying_at_any_step_loses_nothing(tmp_path: Path, keep: bool) -> None:
    steps = steps_of(tmp_path, keep)
    assert len(steps) > 8
    for at in range(len(steps)):
        home = tmp_path / f"died-{at}"
        home.mkdir()
        place = folder(home)
        plan(home, place, keep=keep)
        left = iter(range(at + 1))

        def step(what: str, left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise Died

        next(left)
        with pytest.raises(Died):
            swapping.carry_out(home, place.database, step)
        if swapping.pending(home) == "plan":
            swapping.carry_out(home, place.database)
        else:
            swapping.clear(home, place.database)
        assert new_is_there(home), steps[at]
        before = home / "guanxi.sqlite3.before-s"
        assert before.exists() == keep
        if keep:
            assert before.read_text() == (home / "before-s" / "secret-key").read_text() == OLD
            assert (home / "before-s" / "files" / "a").read_text() == OLD
            assert Path(f"{before}-wal").read_text() == OLD


def test_before_there_is_a_plan_the_old_is_whole(tmp_path: Path) -> None:
    place = folder(tmp_path)
    assert swapping.pending(tmp_path) == "leftover"
    assert swapping.clear(tmp_path, place.database)
    assert (tmp_path / "guanxi.sqlite3").read_text() == OLD
    assert (tmp_path / "files" / "a").read_text() == OLD
    assert not place.building.exists()
    assert swapping.pending(tmp_path) == ""


def test_one_at_a_time(tmp_path: Path) -> None:
    with swapping.alone(tmp_path) as first, swapping.alone(tmp_path) as second:
        assert first
        assert not second

"""What has to stand before anything runs: folders, migrated database, collected static files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NOT_SERVED = ["fonts", "data", "ext"]
"""Folders of vendors that no page uses: fonts are for PDFs, extensions of htmx are not."""


def prepare(*, quiet: bool = False) -> None:
    """Bring database and static files up to date; nothing is done twice."""
    home = Path(settings.HOME)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
    close_to_others(home)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        if not quiet:
            print("Bringing the database up to date …", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
    stamp, state = home / "static.stamp", _static_state()
    if not stamp.exists() or stamp.read_text() != state:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=NOT_SERVED)
        stamp.write_text(state)


def close_to_others(home: Path) -> None:
    """The data folder and the database in it are their owner's only, also where an older version made them."""
    for path, mode in [
        (home, 0o700),
        (home / "files", 0o700),
        *((p, 0o600) for p in home.glob("*.sqlite3*")),
    ]:
        try:
            if path.stat().st_mode & 0o077:
                path.chmod(mode)
        except OSError:
            continue  # another user's, or gone meanwhile: `guanxi check` says what others may read


def _static_state() -> str:
    """Changes when any static file does: names, sizes and times."""
    from django.contrib.staticfiles.finders import get_finders

    state = hashlib.sha256(b"manifest 1")
    for finder in get_finders():
        for path, storage in finder.list([]):
            there = Path(storage.path(path)).stat()
            state.update(f"{path} {there.st_size} {there.st_mtime_ns}\n".encode())
    return state.hexdigest()

"""The installation's own key, made at first start and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(home: Path) -> str:
    """The key in `home`/secret-key, readable by its owner only; made where it is missing."""
    path = home / "secret-key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = secrets.token_urlsafe(64)
    draft = home / f".secret-key.{os.getpid()}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(made)
    try:
        os.link(draft, path)  # whoever is first wins; a second start reads the same key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()

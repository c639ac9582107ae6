"""The product's settings, for tests: a data folder of their own, static files as they lie, faults of panels raised."""

from __future__ import annotations

import os
import tempfile

if "GUANXI_TEST_HOME" not in os.environ:
    os.environ["GUANXI_TEST_HOME"] = tempfile.mkdtemp(prefix="guanxi-test-")
os.environ["GUANXI_HOME"] = os.environ["GUANXI_TEST_HOME"]
os.environ["GUANXI_MODE"] = "test"

from guanxi.settings import *  # noqa: F403

PANELS_RAISE = True
MEDIA_ROOT = HOME / "files" / os.environ.get("PYTEST_XDIST_WORKER", "main")  # noqa: F405 (leaving the demo empties it)
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 (empty: files come from where they lie)
if DATABASES["default"]["ENGINE"] == "guanxi.settings.sqlite":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405 (pytest-django knows Django's own SQLite only)

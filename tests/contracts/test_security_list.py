"""Given the list of security requirements, when somebody reads what we say of each, then every word of it can be checked."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from django.conf import settings

from guanxi.platform.people.settings_registry import all_settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs/reference/security.md", ROOT / "docs/explanation/threat-model.md"]
LIST = PAGES[0].read_text()
LEVEL_1 = """
1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2 3.5.1 3.5.2 3.5.3
4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1
7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5 11.3.1
11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
"""
LEVEL_2 = """
5.1.1 5.2.3 5.4.1 5.4.2 5.4.3 7.1.1 7.1.2 7.1.3 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2 8.1.2 8.2.3 8.4.1
16.1.1 16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.4.2 16.4.3 16.5.1 16.5.2 16.5.3
"""
"""Numbers of ASVS 5.0.0: level 1 whole, level 2 of its chapters 5, 7, 8 and 16."""
ROW = re.compile(r"^\| V(\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
STATES = ("Met: ", "Met in part: ", "Not met yet: ", "Not applicable: ")


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall(LIST)


def test_the_list_is_whole() -> None:
    assert len(LEVEL_1.split()) == 70
    wanted = [*LEVEL_1.split(), *LEVEL_2.split()]
    assert Counter(number for number, _, _ in rows()) == Counter(wanted)


def test_each_says_whether_it_is_met_and_what_shows_it() -> None:
    silent = [number for number, _, said in rows() if not said.startswith(STATES)]
    unshown = [
        number
        for number, _, said in rows()
        if said.startswith("Met") and "`" not in said and "above" not in said
    ]
    assert (silent, unshown) == ([], [])


def test_every_test_and_setting_that_is_named_is_there() -> None:
    words = {word for page in PAGES for word in re.findall(r"`([^`\n]+)`", page.read_text())}
    tests = {
        name
        for folder in ("guanxi", "tests")
        for path in (ROOT / folder).rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    missing = [word for word in words if word.startswith("test_") and word not in tests]
    missing += [
        w
        for w in words
        if re.fullmatch(r"[A-Z][A-Z_]+", w) and not w.startswith("GUANXI_") and not hasattr(settings, w)
    ]
    missing += [w for w in words if re.fullmatch(r"security\.\w+", w) and w not in all_settings()]
    missing += [
        w for w in words if re.fullmatch(r"[\w.-]+(/[\w.-]+)+", w) and "/" in w and not (ROOT / w).exists()
    ]
    assert sorted(missing) == []

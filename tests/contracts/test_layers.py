"""What the import contracts cannot see: names of models as strings, the clock in a core, forgotten files."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent / "guanxi"
DOMAINS = sorted(p.name for p in (ROOT / "domains").iterdir() if (p / "apps.py").is_file())
CODE = [p for p in ROOT.rglob("*.py") if "tests" not in p.parts and "migrations" not in p.parts]


def test_no_domain_reaches_another_by_a_string() -> None:
    found = []
    for path in CODE:
        if "domains" not in path.parts:
            continue
        own = path.relative_to(ROOT / "domains").parts[0]
        for label in re.findall(r"""["'](\w+)\.[A-Z]\w+["']""", path.read_text()):
            if label in DOMAINS and label not in (own, "customers"):
                found.append(f"{path.relative_to(ROOT)}: {label}")
    assert found == []


def test_platform_and_cores_name_no_domain() -> None:
    pattern = re.compile(r"""guanxi\.domains|["'](?:""" + "|".join(DOMAINS) + r""")\.[A-Z]\w+["']""")
    found = [
        str(p.relative_to(ROOT))
        for p in CODE
        if p.relative_to(ROOT).parts[0] in ("platform", "cores") and pattern.search(p.read_text())
    ]
    assert found == []


def test_cores_read_no_clock() -> None:
    pattern = re.compile(r"\.now\(|\.today\(|\.utcnow\(|import random|import time\b")
    assert [
        str(p.relative_to(ROOT)) for p in CODE if "cores" in p.parts and pattern.search(p.read_text())
    ] == []


def test_domains_name_no_clause() -> None:
    """Which clause asks for something is the pack's business."""
    pattern = re.compile(r"""["'][^"'\n]*\bR[1-9]\.\d""")
    found = [
        f"{p.relative_to(ROOT)}: {m.group(0)}"
        for p in CODE
        if p.relative_to(ROOT).parts[0] == "domains"
        for m in pattern.finditer(re.sub(r'"""(?:.|\n)*?"""', "", p.read_text()))
    ]
    assert found == []


def test_nobody_fetches_models_by_name() -> None:
    found = [
        str(p.relative_to(ROOT))
        for p in CODE
        if re.search(r"get_model\(", p.read_text()) and p.name != "leave.py"
    ]
    assert found == []


def test_every_package_says_what_it_is() -> None:
    folders = [*(ROOT / "platform").iterdir(), *(ROOT / "domains").iterdir(), *(ROOT / "cores").iterdir()]
    missing = [f.name for f in folders if (f / "__init__.py").is_file() and not (f / "README.md").is_file()]
    assert missing == []

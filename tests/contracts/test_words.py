"""Given every template and every text, when somebody reads them, then both languages are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guanxi.platform.kernel import Text, all_actions, all_kinds
from guanxi.platform.people.rights import all_permissions
from guanxi.platform.ui.registry import pages

ROOT = Path(__file__).parent.parent.parent / "guanxi"
# 500.html says both at once, since nothing may be asked then; the style page names code.
TEMPLATES = sorted(
    p
    for p in ROOT.rglob("templates/**/*.html")
    if p.name not in ("500.html", "style.html", "style_record.html")
)
CJK = re.compile(r"[\u3400-\u9fff]")
SILENT = re.compile(
    r"\{%\s*block \w*class\s*%\}.*?\{%\s*endblock\s*%\}"
    r"|\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->"
    r"|<(script|style|kbd|code)\b.*?</\1>",
    re.S,
)
TAG = re.compile(r"<[^>]*>", re.S)
WORDS_IN_TAG = re.compile(
    r"""\b(?:title|aria-label|placeholder|alt)=["']([^"'{]*[A-Za-z\u3400-\u9fff][^"'{]*)["']"""
)
NOT_WORDS = {
    *("WeChat", "Guanxi", "关系", "R", "PDF", "vCard", "QR", "CSV", "Excel", "KB", "MB", "v", "Ctrl", "K"),
    *("中文", "English"),
}
"""Names and signs that are the same in both languages."""


EXEMPT = ("dates.py", "shapes.py", "settings_registry.py")
"""Words of dates, which each language builds its own way; a schema's hints; a language's name in itself."""


def bare_words(text: str) -> list[str]:
    """Words that stand in a template outside of {% t %}."""
    plain = SILENT.sub(" ", text)
    found = [m.strip() for m in WORDS_IN_TAG.findall(plain) if not set(re.findall(r"\w+", m)) <= NOT_WORDS]
    for piece in TAG.sub("\n", plain).split("\n"):
        said = re.sub(r"&\w+;", " ", piece).strip()
        if re.search(r"[A-Za-z\u3400-\u9fff]{2,}", said) and not all(
            w in NOT_WORDS for w in re.findall(r"[\w]+", said)
        ):
            found.append(said)
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_speaks_one_language_only(path: Path) -> None:
    assert bare_words(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_has_chinese_punctuation_of_its_own(path: Path) -> None:
    text = re.sub(r"\{%\s*t\s.*?%\}", " ", path.read_text(), flags=re.S)
    assert re.findall(r".{0,20}[\u3000-\u303f\uff00-\uffef].{0,20}", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_holds_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text)
    assert not re.search(r"<style\b|\bstyle=|\bon[a-z]+=[\"']", text)


def both(text: Text) -> bool:
    return bool(text.zh.strip() and text.en.strip()) and not CJK.search(text.en)


def test_declared_words_are_there_in_both_languages() -> None:
    one_sided = [
        *(f"action {n}" for n, a in all_actions().items() if not both(a.label)),
        *(f"fact {n}" for n, k in all_kinds().items() if not both(k.label)),
        *(f"right {n}" for n, p in all_permissions().items() if not both(p.label)),
        *(f"page {p.name}" for p in pages() if not both(p.label)),
    ]
    assert one_sided == []


def test_no_text_in_code_is_one_sided() -> None:
    import ast

    found = []
    for path in ROOT.rglob("*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text" and len(node.args) == 2:
                zh, en = node.args
                if isinstance(zh, ast.Constant) and isinstance(en, ast.Constant):
                    signs = not re.search(r"\w{2,}", f"{zh.value}{en.value}") or path.name in EXEMPT
                    if not signs and (bool(zh.value) != bool(en.value) or CJK.search(str(en.value))):
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []

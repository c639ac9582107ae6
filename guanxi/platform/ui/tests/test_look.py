"""The look: contrast of the tokens in both themes, and nothing inline (the page's CSP allows none)."""

import re
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[1]
TOKENS = dict(
    re.findall(
        r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", (UI / "static/ui/tokens.css").read_text("utf-8")
    )
)
SURFACES = ("paper", "surface", "sunken", "hover")


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    """WCAG 2.2's contrast ratio of two colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [
    *[(ink, surface) for ink in ("ink", "ink-2", "ink-3", "accent", "seal", "warn") for surface in SURFACES],
    *[(ink, "accent-soft") for ink in ("ink", "ink-2", "accent", "accent-strong")],
    *[("ink-2", "removed"), ("ink", "added"), ("ink", "removed")],
    *[
        ("seal", "seal-soft"),
        ("warn", "warn-soft"),
        ("ink", "warn-soft"),
        ("on-accent", "accent"),
        ("on-seal", "seal"),
    ],
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "surface"), TEXT_ON)
def test_text_has_a_contrast_of_at_least_four_and_a_half(ink, surface, theme):
    pair = [TOKENS[name].split(", ")[theme] for name in (ink, surface)]
    assert contrast(*pair) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("surface", ["paper", "surface"])
@pytest.mark.parametrize("line", ["line-strong", "accent", "seal"])
def test_what_marks_a_field_or_the_focus_has_a_contrast_of_at_least_three(line, surface, theme):
    assert contrast(*[TOKENS[name].split(", ")[theme] for name in (line, surface)]) >= 3


def test_templates_and_code_write_nothing_inline():
    written = [*UI.glob("templates/**/*.html"), *UI.glob("**/*.py")]
    for path in written:
        if "tests" in path.parts:
            continue
        source = path.read_text("utf-8")
        assert not re.search(r"""\sstyle=|\son\w+=["']|javascript:|<style[ >]|hx-on""", source), path
        for script in re.findall(r"<script[^>]*>", source):
            assert "src=" in script, path


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_style_page_shows_every_component(rf, language):
    from django.utils import translation

    from guanxi.platform.ui.web.style import style

    request = rf.get("/ui/style/")
    request.user = None
    with translation.override(language):
        page = style(request).content.decode()
    assert page.count('class="refusal"') == 1
    assert "error-summary" in page
    assert not re.search(r"""\sstyle=|\son\w+=["']""", page)
    if language == "en":
        english = re.sub(r'(?s)<details class="menu">.*?</details>|<title>.*?</title>', "", page)
        assert "没有" not in english
        assert "已" not in english.replace("已经", "")


def test_paper_is_light_in_either_theme():
    """A print page is white; its tokens have to be those of the light theme, or dark boxes stand on it."""
    rule = re.search(r"\.print-page \{([^}]*)\}", (UI / "static/ui/print.css").read_text("utf-8"))
    assert rule
    assert "color-scheme: light;" in rule[1]

"""Every shipped form, filled as usual, as badly as can be, and not at all; and what may never reach the paper."""

from __future__ import annotations

import io
import re
import threading
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import segno
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guanxi.platform.documents import fonts
from guanxi.platform.documents.fonts import FontSet, FontsMissing, font_set
from guanxi.platform.documents.tests import samples
from guanxi.platform.documents.tests.pdftext import pages_of, words_of
from guanxi.platform.documents.typeset import DocumentFailed, Picture, Printed, render_pages, render_pdf

FORMS = sorted(samples.usual())
USUAL, HARD, EMPTY = samples.usual(), samples.hard(), samples.empty()
ONE_PAGE = {"visit_preparation", "relationship_card_small"}


def printed(form: str, data: object, lang: str = "zh") -> bytes:
    return render_pdf(f"documents/{form}", data, lang, printed=samples.PRINTED)


def report(result: str) -> bytes:
    return printed("visit_report", samples.VisitReport(customer="恒远", result=result))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_an_ordinary_form_shows_what_was_filled_in(form: str, lang: str) -> None:
    words = words_of(printed(form, USUAL[form], lang))
    assert ("恒远电子科技有限公司" in words) or (form == "regulation_month" and "R1.16.1" in words)
    if form != "relationship_card_small":
        assert samples.PRINTED.company in words
        assert ("第1页，共" if lang == "zh" else "Page1of") in words
        assert "2026-03-0914:30" in words, "printed at, in the company's zone"
        assert "林晓" in words


@pytest.mark.parametrize("form", FORMS)
def test_a_form_in_english_has_no_chinese_words_of_its_own(form: str) -> None:
    words = words_of(
        render_pdf(f"documents/{form}", EMPTY[form], "en", printed=Printed("Acme", "Lin", samples.PRINTED.at))
    )
    assert not re.search(r"[\u4e00-\u9fff]", words), words


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_the_worst_input_is_printed_without_an_empty_box(form: str, lang: str) -> None:
    pdf = printed(form, HARD[form], lang)
    pages = pages_of(pdf)  # fails on glyph 0
    words = words_of(pdf)
    assert "𠮷" in words or "〔U+20BB7〕" in words
    assert "\u202e" not in words
    assert (len(pages) == 1) == (form in ONE_PAGE)


def test_two_hundred_rows_are_all_there_and_every_page_repeats_the_head() -> None:
    rows = [samples.VisitRow(f"2026-{n:03}", result=f"结果{n:03}号") for n in range(200)]
    pages = pages_of(printed("visit_record_card", samples.VisitRecordCard(customer="恒远", visits=rows)))
    words = re.sub(r"\s", "", "".join(pages))
    assert all(f"结果{n:03}号" in words for n in range(200))
    assert all("拜访人" in page for page in pages)


def test_the_preparation_sheet_says_how_much_it_left_out() -> None:
    words = words_of(printed("visit_preparation", HARD["visit_preparation"]))
    assert re.search(r"另有19\d项，见系统", words)


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_form_is_a_form_to_fill_in_by_hand(form: str) -> None:
    assert len(pages_of(printed(form, EMPTY[form]))) == 1


def test_what_people_type_is_never_read_as_markup_or_code() -> None:
    assert '#panic("x")*粗*$x^2$`raw`\\@ref<label>[c]=标题' in words_of(report(samples.MARKUP))


def test_characters_that_no_font_holds_are_named_by_their_code_point() -> None:
    words = words_of(report("一\ue000二\U000f1234\U000f1235三"))
    assert "一〔U+E000〕二〔U+F1234U+F1235〕三" in words


def test_a_lone_surrogate_and_control_characters_do_no_harm() -> None:
    words = words_of(report("甲\ud800乙\x00丙\x1b[31m丁\u2028戊"))
    assert "甲〔U+D800〕乙丙[31m丁戊" in words


def test_a_second_font_draws_what_the_first_lacks(tmp_path: Path) -> None:
    """Two folders given: the families of both are tried, the Chinese one first."""
    found = font_set()
    assert found.families[0] == fonts.MAIN_FAMILY
    second = FontSet(found.loaded, ("甲", "乙"), _covers({"一": 1, "𠮷": 2, "\u0301": 2, "e": 1}))
    assert second.printable("一𠮷") == "一𠮷"
    assert second.printable("一𠮷", main_only=True) == "一〔U+20BB7〕"
    assert second.printable("x") == "〔U+0078〕"
    assert second.printable("e\u0316") == "e〔U+0316〕"
    assert second.printable("一\u0301") == "一〔U+0301〕", "a mark must come from the font of its letter"


def _covers(able: dict[str, int]):  # type: ignore[no-untyped-def]
    from array import array

    covers = array("H", bytes(2 * 0x110000))
    for char, bits in able.items():
        covers[ord(char)] = bits
    return covers


def test_our_reading_of_the_font_agrees_with_the_font() -> None:
    able = fonts.drawable(next(fonts.SHIPPED_FONTS.glob("*400Regular.ttf")))
    assert len(able) > 30_000
    assert {ord(c) for c in "的A1，〔〕—"} <= able
    assert not able & {0x20BB7, 0x0645, 0xD800, 0xFFFF}


def test_without_fonts_the_answer_says_what_to_do(settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings.DOCUMENT_FONT_DIRS = [tmp_path, tmp_path / "none"]
    with pytest.raises(FontsMissing) as refused:
        report("x")
    assert "make setup" in refused.value.text.zh
    assert str(tmp_path) in refused.value.text.en


def test_an_unknown_template_a_path_and_a_damaged_picture_are_refused_in_words() -> None:
    for name in ("documents/none", "nowhere/report", "documents/../base", "report"):
        with pytest.raises(DocumentFailed, match="no document template"):
            render_pdf(name, {}, printed=samples.PRINTED)
    for content, words in ((b"\x89PNG\r\n\x1a\nrubbish", "damaged"), (b"MZ", "of this kind")):
        with pytest.raises(DocumentFailed, match=words):
            printed("visit_report", samples.VisitReport(customer="恒远", pictures=[Picture(content, "照片")]))


def test_a_domains_template_lies_in_its_own_folder_and_uses_the_shared_parts(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "poster.typ").write_text(
        '#import "base.typ": *\n#show: sheet.with(title: t("价目表", "Price list"))\n'
        '#values(((t("服务", "Service"), data.service), (t("已公示", "Shown"), data.shown)))\n'
    )
    app = SimpleNamespace(name="guanxi.domains.poster", path=str(tmp_path))
    monkeypatch.setattr("django.apps.apps.get_app_config", lambda label: app)
    pdf = render_pdf("poster/poster", {"service": "保洁", "shown": True}, "en", printed=samples.PRINTED)
    assert "Service保洁Shownyes" in words_of(pdf)


def test_times_without_a_zone_and_things_that_cannot_be_printed_are_mistakes_of_the_program() -> None:
    naive = datetime(2026, 3, 9, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        printed("visit_report", samples.VisitReport(customer="恒远", arrived=naive))
    with pytest.raises(ValueError, match="zone"):
        render_pdf("documents/visit_report", EMPTY["visit_report"], printed=Printed("公司", "林晓", naive))
    with pytest.raises(TypeError, match="object"):
        printed("visit_report", {"customer": object()})
    with pytest.raises(TypeError, match="float"):
        printed("visit_report", {"customer": 1.5})


def test_the_same_form_gives_the_same_bytes() -> None:
    """So that a letter's hash can be checked later."""
    assert printed("visit_report", USUAL["visit_report"]) == printed("visit_report", USUAL["visit_report"])


def test_a_photograph_is_printed() -> None:
    out = io.BytesIO()
    segno.make("照片").save(out, kind="png", scale=4)
    pdf = printed(
        "visit_report", samples.VisitReport(customer="恒远", pictures=[Picture(out.getvalue(), "前台")])
    )
    assert b"/Subtype/Image" in pdf
    assert "前台" in words_of(pdf)


def test_pages_can_be_seen_before_printing() -> None:
    pages = render_pages(
        "documents/visit_report", USUAL["visit_report"], printed=samples.PRINTED, per_inch=40
    )
    assert len(pages) == 2
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_the_forms_are_tagged_for_screen_readers_and_name_their_language() -> None:
    pdf = printed("relationship_card", USUAL["relationship_card"])
    assert b"/Lang(zh-CN)" in pdf
    assert b"/StructTreeRoot" in pdf
    assert b"/Marked true" in pdf
    assert b"/Lang(en-GB)" in printed("relationship_card", USUAL["relationship_card"], "en")


def test_several_people_may_print_at_once() -> None:
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(report("同时"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(made) == 4


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
@example("1\ufe0f\u20e3")
@example("क्ष्म\u0301")
@example("👩‍👩‍👧‍👦🏴\U000e0067\U000e007f")
@example("\u0301\u200d\ufe0f")
def test_whatever_is_typed_can_be_printed(value: str) -> None:
    pages_of(report(value))

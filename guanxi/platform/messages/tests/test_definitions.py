"""One definition, two languages, text and HTML; what is filled in stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.platform.kernel import Text
from guanxi.platform.messages.definitions import MessageTemplate, message_template, render

DUE = MessageTemplate(
    "test.report_due",
    label=Text("拜访报告到期", "Visit report due"),
    subject=Text("{customer}：拜访报告今天 {due} 到期", "{customer}: the visit report is due today at {due}"),
    paragraphs=(
        Text("您在 {customer} 的拜访还没有报告。", "Your visit to {customer} has no report yet."),
        Text("条款 {clause}。", "Clause {clause}."),
    ),
    rows=((Text("期限", "Due"), Text("{due}", "{due}")), (Text("等级", "Grade"), Text("{grade}", "{grade}"))),
    button=Text("写报告", "Write the report"),
)
VALUES: dict[str, str | int | Text] = {
    "customer": "恒远电子",
    "due": "18:00",
    "clause": "R1.16.1",
    "grade": Text("甲", "A"),
}
LINK = "https://crm.example/visits/217/report"


def test_text_and_html_say_the_same_in_chinese() -> None:
    said = render(DUE, VALUES, "zh", link=LINK, sender="恒信物业")
    assert said.subject == "恒远电子：拜访报告今天 18:00 到期"
    assert said.text == (
        "您在 恒远电子 的拜访还没有报告。\n\n条款 R1.16.1。\n\n期限：18:00\n等级：甲\n\n"
        f"写报告：{LINK}\n\n-- \n恒信物业\n"
    )
    assert '<html lang="zh-Hans">' in said.html
    assert f'<a href="{LINK}">写报告</a>' in said.html
    assert "<td>甲</td>" in said.html


def test_in_english_no_chinese_word_of_ours_is_left() -> None:
    said = render(DUE, {**VALUES, "customer": "Acme"}, "en", link=LINK)
    assert said.subject == "Acme: the visit report is due today at 18:00"
    assert (said.text + said.html).isascii()
    assert "Write the report: https://" in said.text


def test_what_is_filled_in_is_never_html_nor_a_second_header() -> None:
    bad = '<script>alert(1)</script>\r\nBcc: all@example.com {due} {0.__class__} "&'
    said = render(DUE, {**VALUES, "customer": bad}, "zh", link='https://x/"><b>')
    assert "\n" not in said.subject
    assert "\r" not in said.subject
    assert "<script>" not in said.html
    assert "<b>" not in said.html
    assert "{due}" in said.subject, "braces in what is filled in are only braces"


@given(st.text(max_size=40))
def test_any_words_can_be_filled_in(words: str) -> None:
    said = render(DUE, {**VALUES, "customer": words}, "en")
    assert len(said.subject.splitlines()) == 1
    assert said.html.count("<p>") == 2


def test_a_missing_value_and_a_strange_link_are_mistakes_of_the_program() -> None:
    with pytest.raises(TypeError, match="grade"):
        render(DUE, {k: v for k, v in VALUES.items() if k != "grade"}, "zh")
    with pytest.raises(ValueError, match="http"):
        render(DUE, VALUES, "zh", link="javascript:alert(1)")


def test_a_name_is_declared_once_and_in_both_languages() -> None:
    message_template(DUE)
    message_template(DUE)
    with pytest.raises(ValueError, match="twice"):
        message_template(MessageTemplate("test.report_due", Text("甲", "A"), Text("乙", "B")))
    with pytest.raises(ValueError, match="lacks a language"):
        message_template(MessageTemplate("test.half", Text("甲", "A"), Text("乙", "")))

"""The glossary holds each Chinese term once, and every term is explained in English."""

import re
from collections import Counter
from pathlib import Path

GLOSSARY = Path(__file__).parents[3] / "docs" / "reference" / "glossary.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")


def rows() -> list[tuple[str, str, str]]:
    """The rows of every table by subject; 'Words kept apart' compares words and is left out."""
    by_subject = GLOSSARY.read_text(encoding="utf-8").split("## Regulations and clauses")[1]
    found = []
    for line in by_subject.splitlines():
        if line.startswith("|"):
            match = ROW.match(line)
            assert match, f"not a row of three: {line}"
            if match[1] not in ("Chinese", "---"):
                found.append((match[1], match[2], match[3]))
    return found


def test_a_chinese_term_stands_once() -> None:
    times = Counter(term for chinese, _, _ in rows() for term in chinese.split("、"))
    assert [term for term, n in times.items() if n > 1] == []


def test_a_term_has_an_english_word_and_a_meaning() -> None:
    assert len(rows()) > 300
    for chinese, english, meaning in rows():
        assert re.search(r"[\u4e00-\u9fff]", chinese), chinese
        assert english.strip(), chinese
        assert meaning.strip(), chinese

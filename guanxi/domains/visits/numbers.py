"""How the papers of visits are numbered."""

from __future__ import annotations

from guanxi.platform.documents.numbering import number_rule
from guanxi.platform.kernel import Text

REPORT_NUMBER = number_rule("visit_report", Text("拜访报告", "Visit report"), "BF-{year}-{n:05}").name

"""Numbers of documents hold nothing of people."""

from guanxi.platform.kernel.personal import holds_nothing

holds_nothing("documents.Numbered", "rule", "period", "number", "subject_kind")

"""Writes docs/reference/personal-data.md anew from what the packages declare: python -m tests.personal_data."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "personal-data.md"


def main() -> None:
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.settings")
    import django

    django.setup()
    from guanxi.domains.customers.privacy.where import markdown

    PAGE.write_text(markdown())


if __name__ == "__main__":
    main()

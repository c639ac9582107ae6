from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Grams and the index helper for SQLite and PostgreSQL."""

    name = "guanxi.platform.search"

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Reads spreadsheets, says what would become of each row, writes exports."""

    name = "guanxi.platform.imports"

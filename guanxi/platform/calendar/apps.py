from django.apps import AppConfig


class CalendarConfig(AppConfig):
    """China's working days, the company's own, office hours, and the festivals of the moon."""

    name = "guanxi.platform.calendar"
    label = "calendar"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import actions, facts, permissions  # noqa: F401 (they register themselves)

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """Visits to customers, from the plan to the report and the next date."""

    name = "guanxi.domains.visits"
    label = "visits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import (  # noqa: F401 (they register themselves)
            actions,
            facts,
            files,
            handing_over,
            importing,
            numbers,
            permissions,
            surface,
        )

from django.apps import AppConfig


class OwnFieldsConfig(AppConfig):
    """Fields of the company's own."""

    name = "guanxi.platform.ownfields"
    label = "ownfields"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import actions, facts, jobs, permissions, retype  # noqa: F401 (they register themselves)

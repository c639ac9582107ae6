from django.apps import AppConfig


class ViewsConfig(AppConfig):
    """Saved views: a list's filters, columns and order under a name."""

    name = "guanxi.platform.views"
    label = "views"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from guanxi.platform.ui import saved

        from . import actions, facts, permissions, reads  # noqa: F401 (they register themselves)

        saved.provide(reads.shown)
        saved.keep_exports(actions.keep_export)

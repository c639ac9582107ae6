from django.apps import AppConfig


class MessagesConfig(AppConfig):
    """Messages: in everybody's inbox, and by e-mail, sent once. (Django has a `messages` of its own.)"""

    name = "guanxi.platform.messages"
    label = "gx_messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import actions, facts, permissions, quiet, security, trial  # noqa: F401 (they register themselves)

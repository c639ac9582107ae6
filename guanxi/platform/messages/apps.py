from django.apps import AppConfig


class MessagesConfig(AppConfig):
    """E-mail: written once in both languages, kept in an outbox, sent once. (Django has a `messages` of its own.)"""

    name = "guanxi.platform.messages"
    label = "gx_messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import actions, facts, permissions, trial  # noqa: F401 (they register themselves)

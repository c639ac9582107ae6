from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """PDF, vCard, QR and iCalendar: what leaves the product as a file."""

    name = "guanxi.platform.documents"
    label = "documents"
    verbose_name = "Documents"

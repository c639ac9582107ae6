"""The running of the installation, for the administrator: background work, soundness, the journal. Pages: web/operations.py."""

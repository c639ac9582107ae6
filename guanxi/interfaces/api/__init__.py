"""The HTTP API: every action that is not internal, from the same definition as form and command line."""

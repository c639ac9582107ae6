"""First run: from an empty installation to a company whose regulations wait for approval. See docs/how-to/first-run.md."""

"""The tables of a new database, made at once. See README.md beside this file."""

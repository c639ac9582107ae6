"""The nine regulations as data: clauses, controls and cases of each, one folder a regulation."""

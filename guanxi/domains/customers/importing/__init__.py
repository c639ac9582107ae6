"""Bringing customers in from a spreadsheet. README.md of the customers package says how; decision 6 says why so."""

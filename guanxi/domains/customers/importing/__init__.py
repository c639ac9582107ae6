"""Bringing customers in from a spreadsheet. docs/decisions/ says why an import is entered row by row."""

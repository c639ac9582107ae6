"""Guanxi: a CRM in which company regulations are executable."""

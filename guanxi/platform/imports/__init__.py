"""Reading, judging and writing tables of customers: pure functions, nothing here changes a record."""

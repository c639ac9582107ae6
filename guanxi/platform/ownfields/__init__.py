"""Fields of the company's own: defined by people who run the company, kept with the rows they belong to."""

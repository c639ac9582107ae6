"""Looking through all customers for those that are one, and what people decide about them."""

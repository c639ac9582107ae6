"""Hand-over: everything in one person's hands goes to another in one step, with a pack that both sign."""

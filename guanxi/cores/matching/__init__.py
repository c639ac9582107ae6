"""Which customers are one: names taken apart, what two of them share, a score with its reasons. Pure: see README.md."""

"""How fast and how large Guanxi is, measured on the real application: `make bench`. See README.md."""

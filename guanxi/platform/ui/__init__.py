"""The face of Guanxi: base page, components, forms from actions, lists, and the registry of pages. See README.md."""

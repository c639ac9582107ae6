"""The norms engine: facts and a regulation version in, obligations, refusals and readings out."""

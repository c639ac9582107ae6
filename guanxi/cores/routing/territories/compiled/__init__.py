"""What numba compiles. Imported by the functions that need it when they are called: the compiler takes a second to load."""

"""Models: exact finite models, and the search for one that refutes an equation."""

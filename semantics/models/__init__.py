"""Models: exact finite models, and the search for models that refute an equation."""

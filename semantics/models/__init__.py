"""Models: exact finite models, models of paths, and the search for models that refute an equation."""

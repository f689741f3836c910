"""Optimizers: optimizers by name, and their parameter groups."""

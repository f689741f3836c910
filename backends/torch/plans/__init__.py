"""Experiments from files: what names mean, and training that goes by the file."""

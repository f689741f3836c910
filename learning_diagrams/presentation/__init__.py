"""Presentation: what a learning diagram is, its equations and their readings, and the statements about its boxes."""

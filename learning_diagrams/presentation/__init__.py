"""Presentation: the record of what a learning diagram is, its equations and what is said of its boxes."""

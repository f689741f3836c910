"""Program: a loss as straight-line code, and what is printed and explained of it."""

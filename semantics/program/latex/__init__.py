"""LaTeX: diagrams, equations and losses as mathematics."""

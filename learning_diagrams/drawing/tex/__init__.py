"""Pictures for TeX: TikZ, tikz-cd, and links to the editor quiver."""

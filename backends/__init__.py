"""Back ends: categories in which diagrams are computed. None imports another."""

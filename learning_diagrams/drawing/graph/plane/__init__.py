"""The plane of a picture: curves, regions, and where lines cross."""

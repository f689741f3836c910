"""String diagrams: layers, lanes, and the picture of a port graph."""

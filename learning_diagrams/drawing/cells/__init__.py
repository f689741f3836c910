"""Cells: squares and other 2-cells that share edges, on an axis-parallel grid."""

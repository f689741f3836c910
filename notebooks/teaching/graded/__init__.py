"""The graded problems of the sheets, a file a week. The sheets ask, the solutions answer."""

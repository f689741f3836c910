"""The page of a learning diagram: graph, equations, loss, legend."""

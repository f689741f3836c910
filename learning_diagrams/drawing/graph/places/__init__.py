"""Places: the nodes of a graph, the walks through them, and where the nodes stand."""

"""Sharded tensors, of which each process holds a part: the processes that keep them together, and the parts joined."""

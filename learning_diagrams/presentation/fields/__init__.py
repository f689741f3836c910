"""Fields of a constraint: what each one means, listed once, and the transport that carries all of them along."""

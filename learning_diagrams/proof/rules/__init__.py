"""Rules: an equation as a rewriting rule, a use of an equation as a step, and the signature of a question."""

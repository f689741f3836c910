"""Rules: an equation as a rewriting rule, and one use of an equation as a step."""

"""Rules: an equation as a rewriting rule, and a use of an equation as a step."""

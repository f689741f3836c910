"""One optimizer step: its gradient, the finite check, the optimizers, and the options that set it."""

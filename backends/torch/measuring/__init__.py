"""Measuring: losses and metrics on data, the outputs of morphisms, and which terms have no mean over batches."""

"""Data: batches, masks, and streams of batches."""

"""Checkpoints: the whole state of a run on disk, so that a run that was stopped goes on as if it had not been."""

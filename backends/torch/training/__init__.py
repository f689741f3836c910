"""Training: the loop, its history, validation, games and plans."""

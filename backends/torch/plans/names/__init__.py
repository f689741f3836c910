"""What the names in a plan mean: registries, and the metrics, schedulers and trackers in them."""

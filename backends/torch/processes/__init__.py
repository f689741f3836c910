"""Training in several processes: one loss, whose rows are spread over them."""

"""Documents: a presentation as plain data, and plain data as a presentation."""

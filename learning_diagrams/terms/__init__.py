"""Terms: diagrams as text, read and printed."""

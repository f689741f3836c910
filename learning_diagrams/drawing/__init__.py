"""Drawing: pictures and summaries of learning diagrams."""

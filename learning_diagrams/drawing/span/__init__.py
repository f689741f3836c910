"""Spans: learning diagrams that are glued along a shared part, and what they become."""

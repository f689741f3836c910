"""Composition: strict morphisms of learning diagrams, their colimits, translations of one into another, and squares."""

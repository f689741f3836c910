"""Composition: strict morphisms of learning diagrams, their colimits, and translations of one into another."""

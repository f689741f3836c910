"""Rewriting: a search for proofs by matching rules in port graphs."""

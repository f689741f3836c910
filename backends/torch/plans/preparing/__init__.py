"""Preparing: what is made of the names in a plan, and the rehearsal that finds what a stage would fail by."""

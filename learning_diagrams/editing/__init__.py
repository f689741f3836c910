"""Editing: a learning diagram under other names, with other boxes, or united with another one."""
